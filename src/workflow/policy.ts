/** The settings that decisions depend on; seconds and counts, from the section WORKFLOW of the configuration. */
export interface Policy {
  /** M6: how long a picture may take. */
  readonly imageTimeoutSeconds: number;
  /** D4, D5: how often a definitely failed submission is repeated. */
  readonly maxRetries: number;
  /** The pause after the first failure; it doubles with each further one. */
  readonly retryBackoffSeconds: number;
  readonly maxTasksPerRun: number;
  readonly replaceMockWithLateResult: boolean;
}

/**
 * How long a task that was given up is still asked after: longer than a post waits in the folders, shorter than providers
 * keep results. A video that nobody is allowed to ask after is kept as long, for whoever mends the key.
 */
export const LATE_TASK_SECONDS = 48 * 3600;

export const LONGEST_BACKOFF_SECONDS = 24 * 3600;

/** Seconds to wait after the `failures`-th failure in a row, from 1. */
export function backoffSeconds(policy: Pick<Policy, 'retryBackoffSeconds'>, failures: number): number {
  return Math.min(policy.retryBackoffSeconds * 2 ** Math.max(0, failures - 1), LONGEST_BACKOFF_SECONDS);
}
