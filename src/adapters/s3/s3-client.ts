/**
 * The AWS SDK, kept on a short lead: it never repeats a request by itself, because only who repeats it can know that an
 * earlier try may have taken effect; and it takes nothing from the environment or from `~/.aws`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';

import { countdown, type Clock, type Countdown } from '../../ports/clock.ts';
import type { Redact } from '../http/reason.ts';
import { NoProgress, property, readTrouble, type S3Trouble } from './s3-errors.ts';

export interface S3Options {
  /** Default: AWS's own for the region. */
  readonly endpoint?: string;
  /** Default: `us-east-1`. */
  readonly region?: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For the server's words, which may repeat a key. */
  readonly redact: Redact;
  /** The bucket in the path instead of the host name. Default: true; every server knows it. */
  readonly forcePathStyle?: boolean;
  /** In front of every key, such as `channel-a/`. */
  readonly prefix?: string;
  /** How long nothing may move in either direction. Default: 60. */
  readonly requestTimeoutSeconds?: number;
  /**
   * How long one request may take with all its repetitions, however much still moves. Default: 360. The time that a
   * machine is suspended counts: on waking up it would else repeat a write that it is no longer entitled to.
   */
  readonly requestLimitSeconds?: number;
  /** Default: the machine's. */
  readonly clock?: Pick<Clock, 'now' | 'monotonicSeconds'>;
  readonly userAgent?: string;
  /** Told of every single request, repeated ones too: `get`, `head`, `put`, `list`, `copy`, `delete`, `versions`, `probe`. */
  readonly onRequest?: (operation: string) => void;
  /** The first pause before a request is repeated; each further one is twice as long. Default: 0.5. */
  readonly retryPauseSeconds?: number;
}

/** An attempt's answer, or what went wrong after the last one. `doubt`: an earlier attempt may have taken effect. */
export type Asked<T> =
  | { readonly ok: true; readonly value: T; readonly doubt: boolean }
  | { readonly ok: false; readonly trouble: S3Trouble; readonly doubt: boolean };

/** One try of a request: `signal` ends it, `progress` says that something moved. */
export type Attempt<T> = (signal: AbortSignal, progress: () => void) => Promise<T>;

const ATTEMPTS = 5;
/** A server that asks for a longer pause is obeyed by the next run. */
const LONGEST_PAUSE_SECONDS = 20;
const CONNECT_MILLISECONDS = 10_000;
const MACHINE: Pick<Clock, 'now' | 'monotonicSeconds'> = {
  now: () => new Date(),
  monotonicSeconds: () => performance.now() / 1_000,
};

export class S3Requests {
  readonly client: S3Client;
  readonly #options: S3Options;
  /** By an answer: the store's own clock when it was sent. */
  readonly #dates = new WeakMap<object, Date>();

  constructor(client: S3Client, options: S3Options) {
    this.client = client;
    this.#options = options;
    this.#rememberDates();
  }

  /** Repeats `attempt` within bounds while its trouble is transient. Never throws for what a server or network did. */
  async ask<T>(operation: string, attempt: Attempt<T>): Promise<Asked<T>> {
    let doubt = false;
    const { clock = MACHINE, requestLimitSeconds = 360 } = this.#options;
    const left = countdown(clock, requestLimitSeconds);
    for (let tried = 1; ; tried += 1) {
      this.#options.onRequest?.(operation);
      try {
        return { ok: true, value: await this.#watched(attempt, left), doubt };
      } catch (error) {
        const trouble = this.#read(error);
        const pause = this.#pauseSeconds(trouble, tried);
        const late = pause >= left();
        if (!trouble.transient || tried === ATTEMPTS || pause > LONGEST_PAUSE_SECONDS || late)
          return { ok: false, trouble, doubt };
        await delay(pause * 1_000);
        if (left() <= 0) return { ok: false, trouble, doubt };
        doubt ||= trouble.effect === 'unknown';
      }
    }
  }

  /** When the store sent this answer, by its own clock; `null` when it did not say. */
  dateOf(output: object): Date | null {
    return this.#dates.get(output) ?? null;
  }

  #read(error: unknown): S3Trouble {
    if (isBug(error)) throw error;
    return readTrouble(error, this.#options.redact);
  }

  #pauseSeconds({ retryAfterSeconds }: S3Trouble, tried: number): number {
    const { retryPauseSeconds = 0.5 } = this.#options;
    // Spread, so that two runs which were slowed down together do not come back together.
    const own = retryPauseSeconds * 2 ** (tried - 1) * (0.75 + Math.random() / 2);
    return Math.max(own, retryAfterSeconds ?? 0);
  }

  async #watched<T>(attempt: Attempt<T>, left: Countdown): Promise<T> {
    const seconds = this.#options.requestTimeoutSeconds ?? 60;
    const controller = new AbortController();
    const rest = left();
    const give = (limit: number) => () =>
      controller.abort(new NoProgress(`no answer within ${limit} seconds`));
    const idle = setTimeout(give(seconds), seconds * 1_000);
    const total = setTimeout(give(Math.round(rest)), rest * 1_000);
    try {
      return await attempt(controller.signal, () => idle.refresh());
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(idle);
      clearTimeout(total);
    }
  }

  #rememberDates(): void {
    this.client.middlewareStack.add(
      (next) => async (input) => {
        const result = await next(input);
        const date = property(property(result.response, 'headers'), 'date');
        const time = typeof date === 'string' ? new Date(date) : null;
        if (time !== null && result.output && !Number.isNaN(time.getTime()))
          this.#dates.set(result.output, time);
        return result;
      },
      { step: 'deserialize', priority: 'high', name: 'rememberDate' },
    );
  }
}

/** Loads the SDK, which takes a noticeable part of a second, only when a bucket is really used. */
export async function openRequests(options: S3Options): Promise<S3Requests> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region: options.region ?? 'us-east-1',
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.forcePathStyle ?? true,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    // Backblaze and others answer 400 to the SDK's own checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS },
    ...(options.userAgent === undefined ? {} : { customUserAgent: options.userAgent }),
  });
  return new S3Requests(client, options);
}

/** A wrong argument is ours; a server's garbage, on which the SDK stumbles, is not. */
function isBug(error: unknown): boolean {
  const ours = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return ours && property(error, '$response') === undefined;
}
