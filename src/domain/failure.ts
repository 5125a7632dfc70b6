/**
 * Expected outcomes are values. Every way in which Reelmill can fail has one row here, so that the text a person
 * reads, the decision to retry and the doubt about a payment can never disagree with each other.
 */

import type { BudgetStop } from './budget.ts';

/** When a failed effect may be tried again. `after`: not before a time that the other side named. `human`: not until somebody mended it. */
export type RetryAdvice = 'never' | 'backoff' | 'after' | 'human';

/** `refused`: the effect is known not to have happened. `unknown`: it may have; a paid call is then never simply repeated. */
export type EffectCertainty = 'refused' | 'unknown';

interface FailureKind {
  readonly retry: RetryAdvice;
  readonly effect: EffectCertainty;
  /** What the person who runs the channel should do; shown after the message. */
  readonly advice: string;
}

export const FAILURES = {
  config_invalid: {
    retry: 'human',
    effect: 'refused',
    advice: 'Correct the configuration; `reelmill config check` shows every problem.',
  },
  secret_missing: {
    retry: 'human',
    effect: 'refused',
    advice: 'Set the named environment variable where the run is scheduled.',
  },
  state_damaged: {
    retry: 'human',
    effect: 'refused',
    advice: 'The object was left untouched. Look at it, or run `reelmill repair`.',
  },
  state_conflict: {
    retry: 'backoff',
    effect: 'refused',
    advice: 'Somebody else changed the object; the next run reads it again.',
  },
  lease_lost: {
    retry: 'backoff',
    effect: 'refused',
    advice: 'This run wrote nothing more; the next one goes on from what is saved.',
  },
  content_missing: {
    retry: 'human',
    effect: 'refused',
    advice: 'Put the post’s JSON back, or clear generation_id with `reelmill repair`.',
  },
  no_active_post: {
    retry: 'human',
    effect: 'refused',
    advice: 'The state names no post; `reelmill repair` explains and mends it.',
  },
  store_unavailable: {
    retry: 'backoff',
    effect: 'unknown',
    advice: 'The next run tries again; check the bucket’s status if it lasts.',
  },
  store_denied: {
    retry: 'human',
    effect: 'refused',
    advice: 'Check the key’s permissions and the bucket’s name.',
  },
  store_invalid: {
    retry: 'human',
    effect: 'refused',
    advice: 'The stored object is not what it should be; look at it by hand.',
  },
  provider_refused: {
    retry: 'never',
    effect: 'refused',
    advice: 'The provider refused the request; its reason is in the message.',
  },
  provider_denied: {
    retry: 'human',
    effect: 'refused',
    advice: 'Check the API key and the account’s balance.',
  },
  provider_throttled: { retry: 'after', effect: 'refused', advice: 'The next run tries again.' },
  provider_unavailable: { retry: 'backoff', effect: 'refused', advice: 'The next run tries again.' },
  provider_outcome_unknown: {
    retry: 'backoff',
    effect: 'unknown',
    advice: 'The request may have been charged; it is repeated at most once.',
  },
  provider_bad_answer: {
    retry: 'backoff',
    effect: 'unknown',
    advice: 'The provider’s answer did not have the promised shape; the next run tries again.',
  },
  answer_truncated: {
    retry: 'backoff',
    effect: 'unknown',
    advice: 'The model’s answer was cut; raise the token limit in the configuration.',
  },
  task_failed: {
    retry: 'backoff',
    effect: 'refused',
    advice: 'The provider gave the task up; its reason is in the message.',
  },
  task_timed_out: {
    retry: 'backoff',
    effect: 'unknown',
    advice: 'The task did not finish in time; a late result is still picked up.',
  },
  url_forbidden: {
    retry: 'never',
    effect: 'refused',
    advice: 'The address in the answer is not a public https address.',
  },
  download_failed: {
    retry: 'backoff',
    effect: 'refused',
    advice: 'The next run tries again while the address is valid.',
  },
  download_invalid: {
    retry: 'never',
    effect: 'refused',
    advice: 'The downloaded file is not what it claims to be.',
  },
  too_large: { retry: 'never', effect: 'refused', advice: 'The file or answer is over its size limit.' },
  render_failed: {
    retry: 'backoff',
    effect: 'refused',
    advice: 'The renderer failed; `reelmill doctor` checks it.',
  },
  video_invalid: {
    retry: 'never',
    effect: 'refused',
    advice: 'The video does not play or has the wrong shape.',
  },
  budget_reached: {
    retry: 'human',
    effect: 'refused',
    advice: 'Raise the budget in the configuration or wait for the next period.',
  },
  usage: { retry: 'human', effect: 'refused', advice: 'See `reelmill --help`.' },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** Whether a text that was stored, perhaps by another version, is a code of this one. */
export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(FAILURES, text);
}

/** Where it failed: whatever of these is known. None of them ever holds a secret. */
export interface FailurePlace {
  readonly key?: string;
  readonly provider?: string;
  readonly id?: string;
  readonly url?: string;
}

export interface Failure {
  readonly code: FailureCode;
  /** One sentence, complete in itself: what failed, and the other side's own reason when it gave one. */
  readonly message: string;
  readonly where: FailurePlace;
  readonly retry: RetryAdvice;
  readonly effect: EffectCertainty;
  readonly advice: string;
  /** With `retry: 'after'`: seconds to wait, as the other side asked. */
  readonly retryAfterSeconds?: number;
  /** With an answer that was no success: its HTTP status, or the one that PiAPI names within an answer. */
  readonly httpStatus?: number;
  /** With an answer that a model gave and nobody can use: what it charges for. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly model: string };
  /** With `budget_reached`: which budget, and when it frees. */
  readonly budget?: BudgetStop;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T> = Success<T> | { readonly ok: false; readonly failure: Failure };

export function success<T>(value: T): Success<T> {
  return { ok: true, value };
}

/** Builds a failure from its row; `overrides` is for the rare case in which the caller knows better than the table. */
export function failure(
  code: FailureCode,
  message: string,
  where: FailurePlace = {},
  overrides: Partial<
    Pick<Failure, 'retry' | 'effect' | 'retryAfterSeconds' | 'httpStatus' | 'advice' | 'usage' | 'budget'>
  > = {},
): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: { code, message, where, ...FAILURES[code], ...overrides } };
}

/** For code whose caller cannot go on (composition, the store's fatal errors): carries the same failure as an exception. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;

  constructor(failed: Failure, options?: ErrorOptions) {
    super(failed.message, options);
    this.failure = failed;
  }
}

/** `message (place). advice`, as a person reads it in a log or a terminal. */
export function describeFailure(failed: Failure): string {
  const { advice, message } = failed;
  // After a list the advice has a line of its own.
  const end = message.includes('\n') ? '\n' : '. ';
  return `${message}${placeText(failed)}${end}${advice}`;
}

/** ` (key config.json)`; a message that is a list names its place in its own first line. */
export function placeText({ message, where }: Failure): string {
  const place = Object.entries(where).map(([name, value]) => `${name} ${value}`);
  return place.length === 0 || message.includes('\n') ? '' : ` (${place.join(', ')})`;
}
