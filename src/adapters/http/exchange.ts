/**
 * One HTTP request on a connection of its own. A reused connection can die under a request without anybody knowing
 * whether it was read; a fresh one lets us say for certain that nothing was sent when it never opened.
 */
import { request as plainRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

import { codeOf, detailOf } from './causes.ts';

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole exchange, until the body was read. */
  readonly timeoutSeconds: number;
  /** Longest silence of the other side; default: `timeoutSeconds`. */
  readonly stallSeconds?: number;
  readonly lookup?: LookupFunction;
  readonly signal?: AbortSignal;
}

/** Why an exchange ended without an answer. `sent` is false only when no byte of the request can have left. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly sent: boolean;

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}

/**
 * Sends the request and gives the answer's head and body to `read`; the connection is closed when `read` settles. Rejects
 * with an `ExchangeError` for everything that goes wrong on the way, also while the body comes in; what `read` throws
 * itself passes through. Redirects are not followed.
 */
export async function exchange<T>(
  request: ExchangeRequest,
  read: (answer: IncomingMessage) => Promise<T>,
): Promise<T> {
  let sent = false;
  let timeout: ExchangeError | null = null;
  const send = request.url.protocol === 'https:' ? secureRequest : plainRequest;
  const headers: OutgoingHttpHeaders = { ...request.headers, connection: 'close' };
  if (request.body !== undefined) headers['content-length'] = request.body.byteLength;
  const outgoing = send(request.url, {
    method: request.method,
    headers,
    agent: false,
    insecureHTTPParser: false,
    ...(request.lookup === undefined ? {} : { lookup: request.lookup }),
  });
  const stop = (words: string): void => {
    timeout ??= new ExchangeError(words, sent);
    outgoing.destroy(timeout);
  };
  const timer = setTimeout(
    () => stop(`no complete answer within ${request.timeoutSeconds} s`),
    request.timeoutSeconds * 1000,
  );
  const abort = (): void => stop('it was given up');
  request.signal?.addEventListener('abort', abort, { once: true });
  if (request.signal?.aborted === true) abort();
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('error', reject);
      outgoing.on('response', resolve);
      outgoing.on('socket', (socket) => {
        socket.once(isSecure(socket) ? 'secureConnect' : 'connect', () => {
          sent = true;
        });
        const stall = request.stallSeconds ?? request.timeoutSeconds;
        socket.setTimeout(stall * 1000, () => stop(`nothing came for ${stall} s`));
      });
      outgoing.end(request.body);
    });
    // The reader sees such errors through the stream; without a listener they would end the process.
    answer.on('error', () => {});
    return await read(answer);
  } catch (error) {
    throw timeout ?? wrapped(error, sent);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
    outgoing.destroy();
  }
}

function isSecure(socket: object): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

function wrapped(error: unknown, sent: boolean): unknown {
  return codeOf(error) === '' ? error : new ExchangeError(detailOf(error), sent, { cause: error });
}
