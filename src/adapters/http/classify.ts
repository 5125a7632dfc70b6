/**
 * Turns what went wrong with a request into a failure. The one question that matters for money is whether the other side
 * may have acted: a request that never left is refused, one that left and got no clear answer is unknown (I3).
 */
import { failure, type Failure, type FailurePlace } from '../../domain/failure.ts';

/** `paid`: the request makes the other side do something that costs; `none`: it only reads. */
export type Effect = 'paid' | 'none';

type Failed = { readonly ok: false; readonly failure: Failure };

export interface RequestFacts {
  /** Names the action in messages, as the start of a sentence: `Submitting the picture task`. */
  readonly purpose: string;
  readonly provider: string;
  readonly effect: Effect;
  readonly url?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The other side's own reason, already fit for a message; empty when it gave none. */
  readonly reason: string;
  /** The whole body was a JSON object, so that the service itself answered and not something on the way. */
  readonly structured: boolean;
}

/** Longest wait that a Retry-After header may ask for, in seconds; more is cut to a day. */
const LONGEST_RETRY_AFTER = 86_400;
/** The request was for another address, and nobody acted on it. A 303 says the opposite: done, and the result lies there. */
const ELSEWHERE = new Set([301, 302, 307, 308]);

/** The failure for an answer that is no success. */
export function answerFailure(facts: RequestFacts, answer: HttpAnswer): Failed {
  const { status } = answer;
  const reason = answer.reason === '' ? '' : `: ${answer.reason}`;
  const message = `${facts.purpose} failed with HTTP ${status}${reason}`;
  const place = placeOf(facts);
  const known = { httpStatus: status };
  const wait = { ...known, ...retryAfterSeconds(answer.retryAfter) };
  if (status === 401 || status === 402 || status === 403)
    return failure('provider_denied', message, place, known);
  if (status === 429) return failure('provider_throttled', message, place, wait);
  // 499: something on the way stopped waiting for the service, which may have gone on.
  if (status >= 500 || status === 408 || status === 499) {
    const clearRefusal = status === 503 && (answer.structured || wait.retryAfterSeconds !== undefined);
    return facts.effect === 'paid' && !clearRefusal
      ? failure('provider_outcome_unknown', message, place, known)
      : failure('provider_unavailable', message, place, wait);
  }
  if (status >= 400) return failure('provider_refused', message, place, known);
  const odd = `${message}, which this service never sends; check its address`;
  const unclear = facts.effect === 'paid' && !ELSEWHERE.has(status);
  return failure('provider_bad_answer', odd, place, { ...known, effect: unclear ? 'unknown' : 'refused' });
}

/** The failure for a request that got no answer. `code`: of the error, or null when there is none. */
export function transportFailure(facts: RequestFacts, sent: boolean, detail: string): Failed {
  const place = placeOf(facts);
  if (!sent)
    return failure('provider_unavailable', `${facts.purpose} failed before it was sent: ${detail}`, place);
  return facts.effect === 'paid'
    ? failure('provider_outcome_unknown', `${facts.purpose} was sent but not answered: ${detail}`, place)
    : failure('provider_unavailable', `${facts.purpose} got no answer: ${detail}`, place);
}

/** Seconds from a Retry-After header; only its form in seconds is understood, as a date would need the other side's clock. */
export function retryAfterSeconds(header: string | null): { readonly retryAfterSeconds?: number } {
  if (header === null || !/^\s*\d{1,9}(?:\.\d+)?\s*$/.test(header)) return {};
  return { retryAfterSeconds: Math.min(Math.ceil(Number(header)), LONGEST_RETRY_AFTER) };
}

function placeOf(facts: RequestFacts): FailurePlace {
  return { provider: facts.provider, ...(facts.url === undefined ? {} : { url: facts.url }) };
}
