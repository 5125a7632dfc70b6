/**
 * The `fetch` that vendors' libraries are given. Their own would read answers of any size, follow redirects, and hide
 * whether a failed request had left this machine, which decides if a paid one may be repeated.
 */
import { DEEPEST_JSON, isDeeperThan } from '../../domain/json-depth.ts';
import { exchange, ExchangeError } from './exchange.ts';
import { readBounded } from './read-bounded.ts';
import { isLoopback, shownAddress } from './web-address.ts';

export interface ClientFetchOptions {
  /** For the whole exchange. */
  readonly timeoutSeconds: number;
  /** Bytes of an answer. */
  readonly maxBytes: number;
}

/** Statuses whose answers have no body. */
const WITHOUT_BODY = new Set([204, 205, 304]);
/** What the libraries get in place of JSON that they could read but not put into a message. */
const TOO_DEEP = Buffer.from('(JSON that is nested too deeply)');

/**
 * A `fetch` for https (plain http on this machine): texts and bytes as body, no redirects, one fresh connection a request.
 * Rejects with `ExchangeError` or `TooLargeError`.
 */
export function createClientFetch(options: ClientFetchOptions): typeof fetch {
  return async (input, init = {}) => {
    if (input instanceof Request) throw new TypeError('Only an address is understood here, not a Request');
    const url = new URL(input);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
      throw new TypeError(`Not an https address: ${shownAddress(url.href)}`);
    const headers = new Headers(init.headers);
    headers.set('accept-encoding', 'identity');
    const body = bytesOf(init.body);
    const request = {
      method: init.method?.toUpperCase() === 'POST' ? ('POST' as const) : ('GET' as const),
      url,
      headers: Object.fromEntries(headers),
      timeoutSeconds: options.timeoutSeconds,
      ...(body === null ? {} : { body }),
      ...(init.signal instanceof AbortSignal ? { signal: init.signal } : {}),
    };
    return exchange(request, async (answer) => {
      const status = answer.statusCode ?? 502;
      const content = await readBounded(answer, options.maxBytes);
      // A `Response` cannot have it, and no library knows it.
      if (status < 200 || status > 599)
        throw new ExchangeError(`it was answered with the status ${status}`, true);
      const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      const body = WITHOUT_BODY.has(status) ? null : isTooDeep(content) ? TOO_DEEP : content;
      return new Response(body, { status, headers: new Headers(pairs) });
    });
  };
}

function isTooDeep(content: Buffer): boolean {
  try {
    return isDeeperThan(JSON.parse(content.toString()), DEEPEST_JSON);
  } catch {
    return false;
  }
}

function bytesOf(body: RequestInit['body']): Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new TypeError('Only texts and bytes can be sent here');
}
