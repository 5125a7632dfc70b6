/** What a script can rely on: one number for each kind of outcome, the same for every command. */
import type { Failure, FailureCode } from '../domain/failure.ts';

export const EXIT = {
  /** Done, or nothing to do: also a held lock and a picture that is still being painted. */
  done: 0,
  /** A bug of Reelmill. */
  bug: 1,
  usage: 2,
  /** The configuration or a secret is wrong or missing. */
  config: 3,
  /** A provider refused, failed or did not answer; the next run goes on from here. */
  provider: 4,
  /** The state or a post in the store is damaged or contradicts itself; nothing was overwritten. */
  state: 5,
  /** The store cannot be reached or refuses the key. */
  store: 6,
  /** A budget stopped the run. */
  budget: 7,
  /** `doctor` found something to look at, but nothing that stops a run. */
  warning: 8,
  /** `doctor` found what a run will stumble over. */
  problem: 9,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_FAILURE: Readonly<Record<FailureCode, ExitCode>> = {
  usage: EXIT.usage,
  config_invalid: EXIT.config,
  secret_missing: EXIT.config,
  state_damaged: EXIT.state,
  content_missing: EXIT.state,
  no_active_post: EXIT.state,
  store_invalid: EXIT.state,
  state_conflict: EXIT.store,
  lease_lost: EXIT.store,
  store_unavailable: EXIT.store,
  store_denied: EXIT.store,
  provider_refused: EXIT.provider,
  provider_denied: EXIT.provider,
  provider_throttled: EXIT.provider,
  provider_unavailable: EXIT.provider,
  provider_outcome_unknown: EXIT.provider,
  provider_bad_answer: EXIT.provider,
  answer_truncated: EXIT.provider,
  task_failed: EXIT.provider,
  task_timed_out: EXIT.provider,
  url_forbidden: EXIT.provider,
  download_failed: EXIT.provider,
  download_invalid: EXIT.provider,
  too_large: EXIT.provider,
  render_failed: EXIT.provider,
  video_invalid: EXIT.provider,
  budget_reached: EXIT.budget,
};

export function exitCodeOf(failure: Failure | null): ExitCode {
  return failure === null ? EXIT.done : BY_FAILURE[failure.code];
}
