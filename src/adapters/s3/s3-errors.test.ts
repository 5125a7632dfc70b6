/** What is said of an address behind which no S3 server listens: a slip in the endpoint is the first thing that goes wrong. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';

import type { Failure } from '../../domain/failure.ts';
import { collectList } from '../../ports/object-store.ts';
import { createS3Store } from './s3-store.ts';

/** The failure of a list against a server that sends everybody the same page. */
async function listed(scheme: 'http' | 'https', status: number, page: string): Promise<Failure> {
  const server = createServer((_, response) => void response.writeHead(status).end(page));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    const store = await createS3Store({
      endpoint: `${scheme}://127.0.0.1:${port}`,
      bucket: 'channel',
      accessKeyId: 'a',
      secretAccessKey: 'b',
      redact: String,
      retryPauseSeconds: 0.001,
    });
    const found = await collectList(store, '666/');
    if (found.ok) throw new Error('such a server has no list');
    return found.failure;
  } finally {
    server.close();
  }
}

const NO_S3 = /: this address does not speak S3 over https$/;
const PAGE = '<!doctype html><html><p>Welcome<br></html>';

test.each([
  ['https', 200, 'plain http', 'store_unavailable'],
  ['http', 200, PAGE, 'store_unavailable'],
  ['http', 404, PAGE, 'store_denied'],
] as const)(
  'S1 an address that speaks no S3 (%s, %i) is said to be none',
  async (scheme, status, page, code) => {
    const failed = await listed(scheme, status, page);
    expect(failed).toMatchObject({ code, message: expect.stringMatching(NO_S3) });
    expect(failed.advice).toContain('Check the endpoint');
  },
);

test('S1 an error that S3 names, and a gateway in trouble, are not taken for a wrong address', async () => {
  const denied = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>No</Message></Error>';
  expect((await listed('http', 403, denied)).message).not.toMatch(NO_S3);
  expect((await listed('http', 502, PAGE)).message).not.toMatch(NO_S3);
});
