/** When a request is repeated, and when no more. The network is a function here; the clocks are the test's. */
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { S3Requests } from './s3-client.ts';

const LIMIT_SECONDS = 360;

/** A connection that breaks at every try, and clocks that `onTry` moves. */
function brokenConnection(onTry: (seconds: { wall: number; monotonic: number }) => void) {
  const seconds = { wall: 1_000_000, monotonic: 0 };
  let tries = 0;
  const requests = new S3Requests(
    new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }),
    {
      bucket: 'a-bucket',
      accessKeyId: 'a',
      secretAccessKey: 'b',
      redact: (text) => text,
      retryPauseSeconds: 0,
      requestLimitSeconds: LIMIT_SECONDS,
      clock: { now: () => new Date(seconds.wall * 1000), monotonicSeconds: () => seconds.monotonic },
    },
  );
  const ask = () =>
    requests.ask('put', () => {
      tries += 1;
      onTry(seconds);
      return Promise.reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    });
  return { ask, tries: () => tries };
}

test('a request whose connection breaks is repeated, and then given up', async () => {
  const { ask, tries } = brokenConnection(() => {});
  expect(await ask()).toMatchObject({ ok: false, doubt: true });
  expect(tries()).toBe(5);
});

test('I1 I3 a request is not repeated when the machine was suspended under it, which the monotonic clock does not see', async () => {
  const { ask, tries } = brokenConnection((seconds) => (seconds.wall += 3_600));
  expect(await ask()).toMatchObject({ ok: false });
  expect(tries()).toBe(1);
});

test('I1 a request is not repeated past its limit when the wall clock is set back under it', async () => {
  const { ask, tries } = brokenConnection((seconds) => {
    seconds.wall -= 3_600;
    seconds.monotonic += LIMIT_SECONDS / 2;
  });
  await ask();
  expect(tries()).toBe(2);
});
