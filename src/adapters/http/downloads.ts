/**
 * Fetches the pictures and videos that a provider's answer points to. The address is hostile, the body may be cut, endless
 * or not a picture at all; whatever arrives under the final name is a whole file of the right kind.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { fileTypeFromBuffer } from 'file-type';

import { failure, success, type FailureCode } from '../../domain/failure.ts';
import type { DownloadKind, Downloads } from '../../ports/downloads.ts';
import { codeOf } from './causes.ts';
import { exchange, ExchangeError } from './exchange.ts';
import { ForbiddenAddressError, guardedLookup, type ResolveAll } from './public-address.ts';
import { judgeAddress, shownAddress } from './web-address.ts';

export interface DownloadOptions {
  /** Lets files come from this machine, also by plain http, for the sandbox. */
  readonly allowLoopback: boolean;
  /** For the whole file, redirects included. */
  readonly timeoutSeconds: number;
  /** Longest silence in between; default 30. */
  readonly stallSeconds?: number;
  /** Bytes. */
  readonly maxBytes: Readonly<Record<DownloadKind, number>>;
  readonly userAgent?: string;
  /** How names are resolved; default: the system's way. */
  readonly resolveAll?: ResolveAll;
}

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Enough for every signature that we accept. */
const HEAD_BYTES = 65_536;
const ACCEPTED: Readonly<Record<DownloadKind, readonly string[]>> = {
  picture: ['image/png', 'image/jpeg', 'image/webp'],
  // It goes out as .mp4; QuickTime is the same container under its older name.
  video: ['video/mp4', 'video/x-m4v', 'video/quicktime'],
};

/** What is wrong with the answer; ends the exchange and becomes the failure. */
class Unwanted extends Error {
  readonly failureCode: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.failureCode = code;
  }
}

type Hop = { readonly bytes: number } | { readonly location: string };

/** `Downloads` on Node's own client. Sends no key, no cookie and no referrer to anybody. */
export function createDownloads(options: DownloadOptions): Downloads {
  return {
    async fetchFile(url, file, kind) {
      const part = `${file}.part-${randomUUID()}`;
      try {
        const bytes = await follow(url, part, kind, options);
        await checkKind(part, kind);
        await rename(part, file);
        return success({ bytes });
      } catch (error) {
        return asFailure(error, url, kind);
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}

async function follow(
  url: string,
  part: string,
  kind: DownloadKind,
  options: DownloadOptions,
): Promise<number> {
  const deadline = performance.now() + options.timeoutSeconds * 1000;
  let address = url;
  let base: URL | undefined;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const verdict = judgeAddress(address, base, options.allowLoopback);
    if (!verdict.ok) throw new Unwanted('url_forbidden', `The address ${verdict.reason}`);
    const timeoutSeconds = Math.max((deadline - performance.now()) / 1000, 0.001);
    const request = {
      method: 'GET' as const,
      url: verdict.url,
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': options.userAgent ?? 'reelmill',
      },
      timeoutSeconds,
      stallSeconds: options.stallSeconds ?? 30,
      lookup: guardedLookup(verdict.allowed, options.resolveAll),
    };
    const reached: Hop = await exchange(request, (answer) => receive(answer, part, options.maxBytes[kind]));
    if ('bytes' in reached) return reached.bytes;
    address = reached.location;
    base = verdict.url;
  }
  throw new Unwanted('url_forbidden', `The address redirects more than ${MOST_REDIRECTS} times`);
}

async function receive(answer: IncomingMessage, part: string, maxBytes: number): Promise<Hop> {
  const status = answer.statusCode ?? 0;
  const { location } = answer.headers;
  if (REDIRECTS.has(status) && location !== undefined) return { location };
  if (status !== 200) throw new Unwanted('download_failed', `The server answered HTTP ${status}`);
  const announced = answer.headers['content-length'];
  if (announced !== undefined && Number(announced) > maxBytes)
    throw new Unwanted('too_large', `The file is announced with ${announced} bytes, more than ${maxBytes}`);
  if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new Unwanted('download_invalid', 'The file came compressed, which was not asked for');
  const bytes = await save(answer, part, maxBytes);
  if (announced !== undefined && Number(announced) !== bytes)
    throw new Unwanted('download_failed', `${bytes} of ${announced} bytes came`);
  return { bytes };
}

async function save(answer: IncomingMessage, part: string, maxBytes: number): Promise<number> {
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Unwanted('too_large', `The file has more than ${maxBytes} bytes`);
      yield chunk;
    }
  };
  // Opened first: a stream that fails while it opens its file may make it after the caller has tidied up.
  await using file = await open(part, 'wx', 0o600);
  await pipeline(answer, counted, file.createWriteStream());
  return bytes;
}

async function checkKind(part: string, kind: DownloadKind): Promise<void> {
  const handle = await open(part);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    if (bytesRead === 0) throw new Unwanted('download_invalid', 'The file is empty');
    const found = await fileTypeFromBuffer(buffer.subarray(0, bytesRead)).catch(() => undefined);
    if (found === undefined || !ACCEPTED[kind].includes(found.mime))
      throw new Unwanted(
        'download_invalid',
        `The file is no ${kind} but ${found?.mime ?? 'of an unknown kind'}`,
      );
  } finally {
    await handle.close();
  }
}

function asFailure(error: unknown, url: string, kind: DownloadKind): ReturnType<typeof failure> {
  const place = { url: shownAddress(url) };
  const start = `The ${kind} could not be fetched`;
  if (error instanceof Unwanted)
    return failure(error.failureCode, `${start}: ${lowerFirst(error.message)}`, place);
  const cause = error instanceof ExchangeError ? error.cause : error;
  if (cause instanceof ForbiddenAddressError)
    return failure('url_forbidden', `${start}: ${cause.message}`, place);
  if (error instanceof ExchangeError || isSystemError(error))
    return failure('download_failed', `${start}: ${error.message.slice(0, 300)}`, place);
  throw error;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && codeOf(error) !== '';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
