#!/usr/bin/env bash
# The step of action.yml that runs the channel: whatever becomes of the run, its story goes to the job page, and the
# step ends with the run's own exit code.
set -uo pipefail

report="$REELMILL_ACTION_REPORT"
reelmill=(node "$GITHUB_ACTION_PATH/bin/reelmill.js" --config "$REELMILL_ACTION_CONFIG")
mkdir -p "$report" || exit 1

# What a command prints, on the job page as it stands: longer fences than any line of it can hold.
as_text() {
  printf '## Reelmill: %s\n\n``````text\n' "$1"
  tail -c 60000 "$2" | sed 's/``````/`````/g'
  printf '\n``````\n'
}

code=0
case "$REELMILL_ACTION_MODE" in
  main | check)
    words=(run --report "$report")
    if [ "$REELMILL_ACTION_MODE" = check ]; then words+=(--check); fi
    "${reelmill[@]}" "${words[@]}" 2>&1 | tee "$report/run.log" || code=$?
    if [ -s "$report/summary.md" ]; then
      cat "$report/summary.md" >> "$GITHUB_STEP_SUMMARY"
    else
      as_text 'the run ended without a report' "$report/run.log" >> "$GITHUB_STEP_SUMMARY"
    fi
    # There when the run finished a post.
    for picture in "$report"/*.png; do
      if [ -f "$picture" ]; then echo "picture=$picture" >> "$GITHUB_OUTPUT"; fi
    done
    ;;
  dry-run)
    "${reelmill[@]}" run --dry-run 2> >(tee "$report/run.log" >&2) | tee "$report/dry-run.txt" || code=$?
    as_text 'what the next main run would do' "$report/dry-run.txt" >> "$GITHUB_STEP_SUMMARY"
    ;;
  doctor)
    "${reelmill[@]}" doctor 2> >(tee "$report/run.log" >&2) | tee "$report/doctor.txt" || code=$?
    as_text 'doctor' "$report/doctor.txt" >> "$GITHUB_STEP_SUMMARY"
    # 8: something to look at, but nothing that stops a run.
    if [ "$code" = 8 ]; then
      echo '::warning::The doctor found something to look at; it stands on the job page.'
      code=0
    fi
    ;;
  *)
    echo "::error::mode is main, check, dry-run or doctor, not “$REELMILL_ACTION_MODE”."
    code=2
    ;;
esac

echo "exit-code=$code" >> "$GITHUB_OUTPUT"
if [ "$code" != 0 ]; then echo "::error::Reelmill ended with exit code $code; the job page says why."; fi
exit "$code"
