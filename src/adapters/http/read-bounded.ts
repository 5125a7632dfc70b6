/** A service that answers without end must not fill the memory. */
import type { IncomingMessage } from 'node:http';

/** The body is longer than the reader allows. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** The whole body; `TooLargeError` as soon as it is announced or found to have more than `maxBytes`. */
export async function readBounded(incoming: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw new TooLargeError(tooLong(maxBytes));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new TooLargeError(tooLong(maxBytes));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLong(maxBytes: number): string {
  return `the answer has more than ${maxBytes} bytes`;
}
