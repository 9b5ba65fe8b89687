#!/usr/bin/env bash
# Applies the plan that was reviewed: it plans again, and stops if the plan differs from the
# plan.json of the review. Usage: apply.sh REVIEWED.json
set -euo pipefail

"$(dirname "$0")/plan.sh"
if ! diff --unified --label reviewed --label now "$1" plan.json; then
  echo 'The plan differs from the reviewed one, so nothing was applied. Open a new pull request and review its plan.' >&2
  exit 1
fi
terraform apply -input=false plan
