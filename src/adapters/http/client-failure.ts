/** What a vendor's library threw, as a failure: its own words are kept, and what it may have cost is decided as everywhere. */
import { failure, type Failure } from '../../domain/failure.ts';
import { answerFailure, transportFailure, type RequestFacts } from './classify.ts';
import { causesOf, detailOf } from './causes.ts';
import { ExchangeError } from './exchange.ts';
import { TooLargeError } from './read-bounded.ts';
import { reasonIn, shortReason, type Redact } from './reason.ts';

/** The answer that the library was dissatisfied with; null when there was none. */
export interface ClientAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Parsed JSON, or undefined when the body was something else. */
  readonly json: unknown;
}

/** Failure for an error that came out of a library which was given `createClientFetch`. */
export function clientFailure(
  facts: RequestFacts,
  error: unknown,
  answer: ClientAnswer | null,
  redact: Redact,
): { readonly ok: false; readonly failure: Failure } {
  const causes = causesOf(error);
  if (causes.some((cause) => cause instanceof TooLargeError))
    return failure(
      'too_large',
      `${facts.purpose} failed: ${detailOf(error)}`,
      { provider: facts.provider },
      {
        effect: facts.effect === 'paid' ? 'unknown' : 'refused',
      },
    );
  if (answer !== null && (answer.status < 200 || answer.status > 299))
    return answerFailure(facts, {
      status: answer.status,
      retryAfter: answer.retryAfter,
      reason: reasonIn(answer.json, redact),
      structured: typeof answer.json === 'object' && answer.json !== null,
    });
  const detail = shortReason(detailOf(error), redact);
  if (answer !== null)
    return failure('provider_bad_answer', `${facts.purpose} was answered in an unknown shape: ${detail}`, {
      provider: facts.provider,
    });
  const exchanged = causes.find((cause) => cause instanceof ExchangeError);
  return transportFailure(facts, exchanged?.sent ?? true, detail);
}
