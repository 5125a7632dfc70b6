/**
 * Delivers PiAPI's webhooks. Only to this machine: a sandbox that could be told to call any address would be a hole in the
 * network of whoever runs it.
 */
import { request } from 'node:http';

import { isLoopback } from '../adapters/http/web-address.ts';

const TIMEOUT_MILLISECONDS = 10_000;
/** PiAPI tries a few times and then gives up. */
const MOST_ATTEMPTS = 3;

export interface Delivery {
  readonly endpoint: string;
  readonly secret: string;
  readonly body: unknown;
}

interface Waiting {
  readonly delivery: Delivery;
  attempts: number;
}

export class Webhooks {
  #waiting: Waiting[] = [];

  /** How many are still to be delivered. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** An address that is not on this machine is passed over. */
  add(delivery: Delivery): void {
    const url = URL.parse(delivery.endpoint);
    if (url?.protocol === 'http:' && isLoopback(url)) this.#waiting.push({ delivery, attempts: 0 });
  }

  /** One attempt for each that waits; one that fails waits for the next call. */
  async deliver(): Promise<void> {
    const due = this.#waiting;
    this.#waiting = [];
    await Promise.all(
      due.map(async (waiting) => {
        waiting.attempts += 1;
        // What fits into no request, such as a secret with a line break, fails like one that nobody takes.
        const arrived = await post(waiting.delivery).catch(() => false);
        if (!arrived && waiting.attempts < MOST_ATTEMPTS) this.#waiting.push(waiting);
      }),
    );
  }
}

function post({ endpoint, secret, body }: Delivery): Promise<boolean> {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-webhook-secret': secret,
  };
  return new Promise((resolve) => {
    const sending = request(endpoint, {
      method: 'POST',
      headers,
      agent: false,
      timeout: TIMEOUT_MILLISECONDS,
    });
    sending.on('response', (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 300);
    });
    sending.on('timeout', () => sending.destroy(new Error('timed out')));
    sending.on('error', () => resolve(false));
    sending.end(text);
  });
}
