/** Puts an answer on the wire, or breaks it on the way: the last place where a rule can spoil what arrives. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { readByteRange } from './byte-range.ts';
import type { Reply } from './exchange.ts';
import type { FaultAction } from './faults.ts';

const PAGE =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n';
/** The smallest whole GIF: a kind of file that no provider here makes. */
const FOREIGN_FILE = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** Sends the answer; `fault` is an action that spoils the way it arrives, others are already part of the answer. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  fault: FaultAction | null,
): Promise<void> {
  if (fault?.type === 'lose-answer' || fault?.type === 'drop') return hangUp(response);
  if (fault?.type === 'garbage') return sendGarbage(response, reply, fault.form, fault.status);
  const { body, status, headers = {} } = reply;
  if (body === null) return void response.writeHead(status, headers).end();
  if ('file' in body) return sendFile(request, response, body, fault);
  const text = 'json' in body ? JSON.stringify(body.json) : body.text;
  const type = 'json' in body ? 'application/json' : body.type;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** Breaks the connection without a word. */
export function hangUp(response: ServerResponse): void {
  response.socket?.destroy();
}

function sendGarbage(
  response: ServerResponse,
  reply: Reply,
  form: 'html' | 'truncated-json',
  status: number,
): void {
  const whole =
    reply.body !== null && 'json' in reply.body ? JSON.stringify(reply.body.json) : '{"status":"ok"}';
  const [text, type] =
    form === 'html' ? [PAGE, 'text/html'] : [whole.slice(0, Math.ceil(whole.length / 2)), 'application/json'];
  response.writeHead(status, { 'content-type': type }).end(text);
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { file, type }: { readonly file: string; readonly type: string },
  fault: FaultAction | null,
): Promise<void> {
  const { size } = await stat(file);
  const headers = { 'content-type': type, 'accept-ranges': 'bytes' };
  const announce = (bytes: number) => response.writeHead(200, { ...headers, 'content-length': bytes });
  if (fault?.type === 'html-file') return void announce(Buffer.byteLength(PAGE)).end(PAGE);
  if (fault?.type === 'empty-file') return void announce(0).end();
  if (fault?.type === 'wrong-content') return void announce(FOREIGN_FILE.length).end(FOREIGN_FILE);
  if (request.method === 'HEAD') return void announce(size).end();
  if (fault?.type === 'truncate-file' || fault?.type === 'huge-length') {
    announce(fault.type === 'huge-length' ? fault.bytes : size);
    const end = fault.type === 'huge-length' ? size : Math.max(1, Math.floor(size / 2));
    for await (const chunk of createReadStream(file, { end: end - 1 }))
      if (!response.write(chunk)) await once(response, 'drain');
    // Ended rather than destroyed, so that what was written arrives before the connection goes.
    response.socket?.end();
    return;
  }
  const range = readByteRange(request.headers.range, size);
  if (range === 'outside')
    return void response.writeHead(416, { ...headers, 'content-range': `bytes */${size}` }).end();
  if (range === null) {
    announce(size);
    return pipeline(createReadStream(file), response);
  }
  const { first: start, last: end } = range;
  const part = { 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` };
  response.writeHead(206, { ...headers, ...part });
  await pipeline(createReadStream(file, { start, end }), response);
}
