#!/usr/bin/env bash
# Compares the definitions with the server, and sends the report to WEBHOOK_URL if they
# differ: an incoming webhook of Slack, or another one that accepts {"text": …}. It needs jq and curl.
set -euo pipefail

terraform -chdir=report apply -input=false -auto-approve -no-color -var fail_on_drift=false >drift.log || {
  cat drift.log >&2
  exit 1
}
terraform -chdir=report output -raw report >report.md
if [ "$(terraform -chdir=report output -json in_sync)" != true ]; then
  jq --null-input --rawfile text report.md '{text: $text[:30000]}' |
    curl --silent --show-error --fail --header 'Content-Type: application/json' --data @- "$WEBHOOK_URL"
  cat report.md
  exit 1
fi
