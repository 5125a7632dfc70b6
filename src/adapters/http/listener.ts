/**
 * The port of a serving process. Anybody may knock at it, so that everything is bounded here: how long a request may take
 * to arrive, how large it may be, and how many there are at once.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { failure, success, type Result } from '../../domain/failure.ts';
import { readBounded, TooLargeError } from './read-bounded.ts';

export interface Reply {
  readonly status: number;
  readonly json: unknown;
}

export interface Visit {
  /** Lower-case names; a header that came twice is as Node joins it. */
  readonly header: (name: string) => string | undefined;
  /** Null when the body is no JSON. A body of more than `maxBytes` is answered with 413, whatever comes after. */
  readonly readJson: (maxBytes: number) => Promise<{ readonly json: unknown } | null>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Exactly this path; a query is passed over. */
  readonly path: string;
  readonly answer: (visit: Visit) => Reply | Promise<Reply>;
}

export interface Listener extends AsyncDisposable {
  readonly url: string;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly routes: readonly Route[];
  /** Told of an exception in a route. */
  readonly onBug: (error: unknown) => void;
}

const HEADERS_MILLISECONDS = 10_000;
const REQUEST_MILLISECONDS = 15_000;
const MOST_CONNECTIONS = 100;

/** `usage` when the address cannot be listened on. */
export async function openListener(options: ListenerOptions): Promise<Result<Listener>> {
  const { host, port } = options;
  const server = createServer(
    {
      headersTimeout: HEADERS_MILLISECONDS,
      requestTimeout: REQUEST_MILLISECONDS,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 5_000,
    },
    (request, response) => void serve(options, request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = {
      advice: 'Choose another host or port: SERVE.host and SERVE.port, or --host and --port.',
    };
    return failure('usage', `The port ${port} of ${host} cannot be listened on: ${reason}`, {}, advice);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The listener has no port');
  const name = host.includes(':') ? `[${host}]` : host;
  return success({
    url: `http://${name}:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

async function serve(
  { onBug, routes }: ListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Visitors hang up whenever they like; nobody is left to tell.
  request.on('error', () => {});
  response.on('error', () => {});
  try {
    send(request, response, await answer(routes, request));
  } catch (error) {
    if (error instanceof TooLargeError)
      return send(request, response, { status: 413, json: { error: 'too large' } });
    if (request.destroyed && !request.complete) return;
    onBug(error);
    send(request, response, { status: 500, json: { error: 'internal error' } });
  }
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '').split('?', 1)[0];
  const there = routes.filter((route) => route.path === path);
  if (there.length === 0) return { status: 404, json: { error: 'not found' } };
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = there.find((candidate) => candidate.method === method);
  if (route === undefined) return { status: 405, json: { error: 'method not allowed' } };
  return route.answer({
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    readJson: async (maxBytes) => {
      const body = await readBounded(request, maxBytes);
      try {
        return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown };
      } catch {
        return null;
      }
    },
  });
}

function send(request: IncomingMessage, response: ServerResponse, { json, status }: Reply): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${JSON.stringify(json)}\n`);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // A body that nobody wanted to read must not be read to the end for the sake of the connection.
    ...(request.complete ? {} : { connection: 'close' }),
  };
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}
