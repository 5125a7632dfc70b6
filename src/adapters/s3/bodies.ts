/** Bodies on their way to and from a bucket: bounded, watched for progress, and complete or refused. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { PutSource } from '../../ports/object-store.ts';
import { BrokenAnswer } from './s3-errors.ts';

/** What is sent. `md5` (hex) lets the server refuse a damaged body, and tells later whose body an object has. */
export interface Upload {
  readonly size: number;
  readonly md5: string;
  /** A fresh body for each attempt; a stream is read once. */
  open(progress: () => void, signal: AbortSignal): Uint8Array | Readable;
}

/** Throws the file system's error when a local file cannot be read. */
export async function prepareUpload(source: PutSource): Promise<Upload> {
  if ('bytes' in source) {
    const body = Uint8Array.from(source.bytes);
    return { size: body.length, md5: createHash('md5').update(body).digest('hex'), open: () => body };
  }
  const { file } = source;
  const found = await stat(file);
  // A pipe or a device could go on for ever.
  if (!found.isFile()) throw new Error('it is not a plain file');
  const hash = createHash('md5');
  await pipeline(createReadStream(file), hash);
  return {
    size: found.size,
    md5: hash.digest('hex'),
    open: (progress, signal) => {
      const stream = createReadStream(file, { signal });
      // The library may drop the stream after an early answer; its later abort is then nobody's error.
      stream.on('error', () => {});
      return stream.on('data', progress).pause();
    },
  };
}

/** The object has more bytes than the caller allows. */
export class TooLarge extends Error {
  /** `null`: the server did not say. */
  readonly size: number | null;

  constructor(size: number | null) {
    super('larger than expected');
    this.size = size;
  }
}

export interface Download {
  /** What the SDK gave as the body of an answer. */
  readonly body: unknown;
  readonly announced: number | undefined;
  readonly maxBytes: number;
  readonly progress: () => void;
  readonly signal: AbortSignal;
}

/** Throws `TooLarge`, or `BrokenAnswer` when fewer or more bytes came than were announced. */
export async function readBody(download: Download): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  await pipeline(bodyOf(download), counter(download), async (counted: AsyncIterable<Buffer>) => {
    for await (const chunk of counted) chunks.push(chunk);
  });
  return Uint8Array.from(Buffer.concat(chunks));
}

/** The local file could not be written, whatever the store did. */
export class LocalFileTrouble extends Error {}

/** As `readBody`, into a local file, which is flushed. What a failure leaves there is the caller's to remove. */
export async function saveBody(download: Download, file: string): Promise<void> {
  const handle = await locally(() => open(file, 'w'));
  try {
    await pipeline(bodyOf(download), counter(download), async (counted: AsyncIterable<Buffer>) => {
      for await (const chunk of counted) await locally(() => handle.writeFile(chunk));
    });
    await locally(() => handle.sync());
  } finally {
    await handle.close();
  }
}

async function locally<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new LocalFileTrouble('the local file could not be written', { cause: error });
  }
}

/** The md5 (hex) of a body that is not kept. */
export async function hashBody(download: Download): Promise<string> {
  const hash = createHash('md5');
  await pipeline(bodyOf(download), counter(download), hash);
  return hash.digest('hex');
}

function bodyOf({ body, announced, maxBytes }: Download): Readable {
  if (!(body instanceof Readable)) throw new BrokenAnswer('the answer has no body');
  if (announced !== undefined && announced > maxBytes) {
    body.on('error', () => {});
    body.destroy();
    throw new TooLarge(announced);
  }
  return body;
}

function counter({ announced, maxBytes, progress }: Download): Transform {
  let count = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      progress();
      count += chunk.length;
      if (count > maxBytes) done(new TooLarge(null));
      else done(null, chunk);
    },
    flush(done) {
      const whole = announced === undefined || announced === count;
      done(whole ? null : new BrokenAnswer(`${count} of ${announced} bytes came`));
    },
  });
}
