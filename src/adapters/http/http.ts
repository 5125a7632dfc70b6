/**
 * The one door for requests that no vendor's library makes. Each call sends one request, is bounded in time and size,
 * and ends in a value or in a classified failure without secrets; nothing is retried here.
 */
import type { IncomingMessage } from 'node:http';

import { failure, success, type Failure, type Result } from '../../domain/failure.ts';
import { DEEPEST_JSON, isDeeperThan } from '../../domain/json-depth.ts';
import { answerFailure, transportFailure, type Effect, type RequestFacts } from './classify.ts';
import { exchange, ExchangeError } from './exchange.ts';
import { readBounded, TooLargeError } from './read-bounded.ts';
import { reasonIn, shortReason, type Redact } from './reason.ts';
import { isLoopback, shownAddress } from './web-address.ts';

export interface HttpOptions {
  /** Lets plain http reach this machine, for the sandbox; otherwise https only. */
  readonly allowLoopback: boolean;
  readonly userAgent: string;
  readonly redact: Redact;
}

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
  readonly provider: string;
  /** Starts the message of a failure: `Submitting the picture task`. */
  readonly purpose: string;
  /** Decides whether an unanswered request may have been charged. */
  readonly effect: Effect;
  /** A 2xx answer counts whatever it holds; `json` is undefined when that is no JSON. */
  readonly anyAnswer?: boolean;
  /** The address is itself a secret: no message names more of it than its host. */
  readonly secretAddress?: boolean;
}

export interface JsonAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
}

export interface Http {
  /** For what an adapter words itself out of an answer. */
  readonly redact: Redact;
  /**
   * A success is a 2xx answer with JSON in it. Otherwise: `provider_denied` (401, 402, 403), `provider_throttled` (429),
   * `provider_refused` (other 4xx), `provider_unavailable` or, for a paid request that may have been acted on,
   * `provider_outcome_unknown` (no answer, 5xx), `provider_bad_answer` (not JSON), `too_large`, `config_invalid` (address).
   */
  requestJson(request: JsonRequest): Promise<Result<JsonAnswer>>;
}

/** An `Http` on Node's own client: one fresh connection a request, no redirects, no cookies, no proxies. */
export function createHttp(options: HttpOptions): Http {
  return {
    redact: options.redact,
    async requestJson(request) {
      const url = URL.parse(request.url);
      const shown = request.secretAddress === true ? (url?.origin ?? '…') : shownAddress(request.url);
      if (url === null || !isUsable(url, options.allowLoopback))
        return failure('config_invalid', `${request.purpose} needs an https address`, {
          provider: request.provider,
          url: shown,
        });
      const facts: RequestFacts = {
        purpose: request.purpose,
        provider: request.provider,
        effect: request.effect,
        url: shown,
      };
      try {
        const answer = await exchange(outgoing(request, url, options), async (incoming) => ({
          status: incoming.statusCode ?? 0,
          headers: flatHeaders(incoming),
          body: await readBounded(incoming, request.maxBytes),
        }));
        return interpret(facts, answer, options.redact, request.anyAnswer === true);
      } catch (error) {
        return interrupted(facts, request, error, options.redact);
      }
    },
  };
}

function isUsable(url: URL, allowLoopback: boolean): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && allowLoopback && isLoopback(url));
}

function outgoing(request: JsonRequest, url: URL, options: HttpOptions): Parameters<typeof exchange>[0] {
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': options.userAgent,
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
  };
  const { method, timeoutSeconds } = request;
  const base = { method, url, headers, timeoutSeconds };
  return request.body === undefined ? base : { ...base, body: Buffer.from(JSON.stringify(request.body)) };
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function interpret(
  facts: RequestFacts,
  answer: RawAnswer,
  redact: Redact,
  anyAnswer: boolean,
): Result<JsonAnswer> {
  const text = answer.body.toString('utf8');
  const json = parseJson(text);
  if (answer.status < 200 || answer.status > 299)
    return answerFailure(facts, {
      status: answer.status,
      retryAfter: answer.headers['retry-after'] ?? null,
      reason: json === undefined ? '' : reasonIn(json, redact),
      structured: typeof json === 'object' && json !== null,
    });
  if (json === undefined && !anyAnswer) {
    // Cut only after the secrets are gone: half of one would not be found any more.
    const start = shortReason(text, redact).slice(0, 80);
    const message = `${facts.purpose} was answered with something that is not JSON: ${start || '(nothing)'}`;
    return failure('provider_bad_answer', message, placeOf(facts));
  }
  return success({ status: answer.status, headers: answer.headers, json });
}

function interrupted(
  facts: RequestFacts,
  request: JsonRequest,
  error: unknown,
  redact: Redact,
): { readonly ok: false; readonly failure: Failure } {
  if (error instanceof TooLargeError) {
    const message = `${facts.purpose} was answered with more than ${request.maxBytes} bytes`;
    // The request was acted on, whatever the answer's size.
    return failure(
      'too_large',
      message,
      placeOf(facts),
      facts.effect === 'paid' ? { effect: 'unknown' } : {},
    );
  }
  if (error instanceof ExchangeError)
    return transportFailure(facts, error.sent, shortReason(error.message, redact));
  throw error;
}

function flatHeaders(incoming: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

/** `undefined` for text that is no JSON, or is nested so deeply that it could not be kept. */
function parseJson(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return isDeeperThan(json, DEEPEST_JSON) ? undefined : json;
  } catch {
    return undefined;
  }
}

function placeOf(facts: RequestFacts): { readonly provider: string; readonly url?: string } {
  return { provider: facts.provider, ...(facts.url === undefined ? {} : { url: facts.url }) };
}
