/**
 * A recorder between the mill and the sandbox. The sandbox only keeps what was paid for; tests of what a provider is
 * asked, and of answers that the sandbox does not give, need to see and to change the requests themselves.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request as a provider received it. */
export interface Exchange {
  readonly provider: 'openai' | 'piapi' | 'runway';
  readonly method: string;
  /** Without the provider's prefix: `/api/v1/task`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined when there was no body. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says itself what it expects in there.
  readonly json: any;
  /** By the virtual clock. */
  readonly at: Date;
}

export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** Called for each request; `ask` gives the sandbox's own answer, and is not called when the request should not arrive. */
export type Middleman = (exchange: Exchange, ask: () => Promise<Answer>) => Promise<Answer> | null;

export class Wire implements AsyncDisposable {
  readonly seen: Exchange[] = [];
  /** `null`: the sandbox answers by itself. */
  middleman: Middleman = () => null;
  /** What a provider's base address is replaced with. */
  readonly origin: string;
  readonly #server: Server;

  private constructor(server: Server, origin: string) {
    this.#server = server;
    this.origin = origin;
  }

  /** `target`: the sandbox's origin. */
  static async open(target: string, now: () => Date): Promise<Wire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the recorder has no port');
    const wire = new Wire(server, `http://127.0.0.1:${address.port}`);
    server.on('request', (request, response) => void wire.#serve(target, now, request, response));
    return wire;
  }

  /** What one provider was asked, narrowed to a path when one is given. */
  asked(provider: Exchange['provider'], path?: string | RegExp): Exchange[] {
    return this.seen.filter(
      (exchange) =>
        exchange.provider === provider &&
        (path === undefined ||
          (typeof path === 'string' ? exchange.path === path : path.test(exchange.path))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(
    target: string,
    now: () => Date,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const body = await text(request);
      const url = request.url ?? '';
      const exchange = exchangeOf(request, url, body, now());
      this.seen.push(exchange);
      const ask = (): Promise<Answer> => forward(`${target}${url}`, request, body);
      const answer = await (this.middleman(exchange, ask) ?? ask());
      const sent = typeof answer.json === 'string' ? answer.json : JSON.stringify(answer.json);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(sent);
    } catch {
      // The sandbox hung up, or the test wants it to look like that.
      response.socket?.destroy();
    }
  }
}

function exchangeOf(request: IncomingMessage, url: string, body: string, at: Date): Exchange {
  const [, provider = '', path = '/'] = /^\/(openai|piapi|runway)(\/[^?]*)/.exec(url) ?? [];
  return {
    provider: provider as Exchange['provider'],
    method: request.method ?? '',
    path,
    headers: request.headers,
    json: body === '' ? undefined : JSON.parse(body),
    at,
  };
}

async function forward(url: string, request: IncomingMessage, body: string): Promise<Answer> {
  const headers = Object.entries(request.headers).filter(
    ([name, value]) =>
      typeof value === 'string' &&
      !['host', 'connection', 'content-length', 'accept-encoding'].includes(name),
  ) as [string, string][];
  const method = request.method ?? 'GET';
  const answer = await fetch(url, { method, headers, ...(body === '' ? {} : { body }) });
  const raw = await answer.text();
  try {
    return { status: answer.status, json: JSON.parse(raw) };
  } catch {
    return { status: answer.status, json: raw };
  }
}
