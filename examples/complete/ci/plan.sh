#!/usr/bin/env bash
# Plans, and writes: plan (to apply), plan.txt (to read), plan.json (to compare), and
# comment.md (for the pull request). It needs jq.
set -euo pipefail

code=0
terraform plan -input=false -detailed-exitcode -out=plan -json >plan.log || code=$?
if [ "$code" = 1 ]; then
  jq -r 'select(.type == "diagnostic") | .diagnostic | "\(.severity): \(.summary)\n\n\(.detail)\n"' plan.log >&2
  exit 1
fi
terraform show -no-color plan >plan.txt
terraform show -json plan | jq --sort-keys '{
  resources: [.resource_changes[]? | select(.change.actions != ["no-op"] and .change.actions != ["read"])
    | {address, actions: .change.actions, before: .change.before, after: .change.after, after_unknown: .change.after_unknown}],
  outputs: (.output_changes // {} | map_values(select(.actions != ["no-op"])))
}' >plan.json

# A comment takes 65,536 characters. The summary and the warnings come first, and only the
# text of the plan is cut. Without backquotes, no text of the server ends a code block.
jq -r 'select(.type == "change_summary") | "**" + .["@message"] + "**"' plan.log >summary.md
jq -r 'select(.type == "diagnostic") | .diagnostic | "\n**Warning: \(.summary)**\n\n```text\n\(.detail | gsub("`"; "\u0027"))\n```"' plan.log >warnings.md
if [ "$(wc -c <warnings.md)" -gt 55000 ]; then # the summaries alone, as many as fit
  jq -rs '"\n\(map(select(.type == "diagnostic")) | length) warnings, with details in the log of the job:\n"' plan.log >>summary.md
  jq -r 'select(.type == "diagnostic") | "- " + (.diagnostic.summary | gsub("`"; "\u0027"))' plan.log >warnings.md
fi
head --bytes=55000 warnings.md >shown.md
tr '`' "'" <plan.txt >plan.md
{
  cat summary.md shown.md
  printf '\n<details><summary>Plan</summary>\n\n```text\n'
  head --bytes=$((63000 - $(wc -c <summary.md) - $(wc -c <shown.md))) plan.md
  printf '\n```\n\n</details>\n'
} >comment.md
