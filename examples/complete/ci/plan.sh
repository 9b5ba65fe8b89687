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
# text of the plan is cut.
{
  jq -r 'select(.type == "change_summary") | "**" + .["@message"] + "**"' plan.log
  jq -r 'select(.type == "diagnostic") | .diagnostic | "\n**Warning: \(.summary)**\n\n```text\n\(.detail)\n```"' plan.log
} >comment.md
if [ "$(wc -c <comment.md)" -gt 60000 ]; then # warnings by their summaries alone
  jq -r 'select(.type == "change_summary") | "**" + .["@message"] + "**"' plan.log >comment.md
  jq -r 'select(.type == "diagnostic") | "\n- Warning: " + .diagnostic.summary' plan.log >>comment.md
fi
{
  printf '\n<details><summary>Plan</summary>\n\n```text\n'
  head --bytes=$((64000 - $(wc -c <comment.md))) plan.txt
  printf '\n```\n\n</details>\n'
} >>comment.md
