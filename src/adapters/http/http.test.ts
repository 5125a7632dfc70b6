import { describe, expect, test } from 'vitest';

import { createHttp, type JsonRequest } from './http.ts';
import { closedPort, json, startRawServer, startTestServer, type Answer } from './test-server.ts';

const SECRET = 'pi-key-0123456789';
const http = createHttp({
  allowLoopback: true,
  userAgent: 'reelmill-test',
  redact: (text) => text.replaceAll(SECRET, '[redacted]'),
});

function request(url: string, change: Partial<JsonRequest> = {}): JsonRequest {
  return {
    method: 'POST',
    url,
    body: { prompt: 'x' },
    headers: { 'x-api-key': SECRET },
    timeoutSeconds: 10,
    maxBytes: 10_000,
    provider: 'piapi',
    purpose: 'Submitting the task',
    effect: 'paid',
    ...change,
  };
}

const submit = (url: string, change: Partial<JsonRequest> = {}) => http.requestJson(request(url, change));

async function failureOf(answer: Answer, change: Partial<JsonRequest> = {}) {
  await using server = await startTestServer(answer);
  const result = await submit(server.url, change);
  return result.ok ? null : result.failure;
}

test('P3 a JSON answer comes back, and the request was what was asked for', async () => {
  await using server = await startTestServer(json(200, { code: 200 }, { 'x-trace': 'a' }));
  const result = await submit(`${server.url}/api/v1/task`);
  expect(result).toMatchObject({
    ok: true,
    value: { status: 200, json: { code: 200 }, headers: { 'x-trace': 'a' } },
  });
  expect(server.seen).toEqual([
    expect.objectContaining({
      method: 'POST',
      path: '/api/v1/task',
      body: '{"prompt":"x"}',
      headers: expect.objectContaining({ 'x-api-key': SECRET, 'user-agent': 'reelmill-test' }) as unknown,
    }),
  ]);
});

test('I8 no half of a secret is left where a long answer is cut', async () => {
  const long = 'a-long-key-'.repeat(6);
  const discreet = createHttp({
    allowLoopback: true,
    userAgent: 'reelmill-test',
    redact: (text) => text.replaceAll(long, '[redacted]'),
  });
  for (const before of ['', '.'.repeat(20), '.'.repeat(70)]) {
    await using server = await startTestServer((response) => response.end(`${before}${long.repeat(5)}`));
    expect(JSON.stringify(await discreet.requestJson(request(server.url)))).not.toContain('a-long-key');
  }
});

describe('I3 whether the request may have been charged', () => {
  test.each([
    [400, 'provider_refused', 'refused'],
    [401, 'provider_denied', 'refused'],
    [402, 'provider_denied', 'refused'],
    [403, 'provider_denied', 'refused'],
    [404, 'provider_refused', 'refused'],
    [429, 'provider_throttled', 'refused'],
    [500, 'provider_outcome_unknown', 'unknown'],
    [502, 'provider_outcome_unknown', 'unknown'],
    [503, 'provider_unavailable', 'refused'],
    [504, 'provider_outcome_unknown', 'unknown'],
  ])('HTTP %i of a paid request is %s', async (status, code, effect) => {
    const failed = await failureOf(json(status, { message: `no ${SECRET}` }));
    expect(failed).toMatchObject({ code, effect, httpStatus: status });
    expect(failed?.message).toContain('no [redacted]');
  });

  test('a 503 from something on the way is unknown, one that names a time is not', async () => {
    const page: Answer = (response) => void response.writeHead(503).end('<html>sorry</html>');
    expect(await failureOf(page)).toMatchObject({ code: 'provider_outcome_unknown' });
    const timed: Answer = (response) => void response.writeHead(503, { 'retry-after': '7' }).end('<html>');
    expect(await failureOf(timed)).toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: 7 });
  });

  test.each([500, 502, 503, 504, 408])('HTTP %i of a read is unavailable', async (status) => {
    const failed = await failureOf(json(status, {}), { effect: 'none' });
    expect(failed).toMatchObject({ code: 'provider_unavailable', effect: 'refused' });
  });

  test('a refused connection was certainly not charged', async () => {
    const result = await submit(`http://127.0.0.1:${await closedPort()}/`);
    expect(result).toMatchObject({ failure: { code: 'provider_unavailable', effect: 'refused' } });
  });

  test('a failed TLS handshake was certainly not charged', async () => {
    await using server = await startTestServer(json(200, {}));
    const result = await submit(server.url.replace('http:', 'https:'));
    expect(result).toMatchObject({ failure: { code: 'provider_unavailable', effect: 'refused' } });
    expect(server.seen).toEqual([]);
  });

  test('a request without an answer may have been charged, a read is simply unavailable', async () => {
    const silent: Answer = () => {};
    expect(await failureOf(silent, { timeoutSeconds: 0.1 })).toMatchObject({
      code: 'provider_outcome_unknown',
    });
    const read = await failureOf(silent, { timeoutSeconds: 0.1, effect: 'none' });
    expect(read).toMatchObject({ code: 'provider_unavailable' });
  });

  test('a reset after the request was read may have been charged', async () => {
    await using server = await startRawServer((socket) => socket.on('data', () => socket.resetAndDestroy()));
    const result = await submit(`http://127.0.0.1:${server.port}/`);
    expect(result).toMatchObject({ failure: { code: 'provider_outcome_unknown', effect: 'unknown' } });
  });

  test('a cut answer may have been charged', async () => {
    const cut = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"code":2';
    await using server = await startRawServer((socket) => socket.once('data', () => socket.end(cut)));
    const result = await submit(`http://127.0.0.1:${server.port}/`);
    expect(result).toMatchObject({ failure: { code: 'provider_outcome_unknown' } });
  });

  test('an answer in a head that never ends is cut by the time limit', async () => {
    await using server = await startRawServer((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200')),
    );
    const result = await submit(`http://127.0.0.1:${server.port}/`, { timeoutSeconds: 0.1 });
    expect(result).toMatchObject({ failure: { code: 'provider_outcome_unknown' } });
  });
});

test('HTML, garbage and nothing at all are bad answers', async () => {
  for (const body of ['<html>maintenance</html>', '{"half":', '']) {
    const failed = await failureOf((response) => void response.writeHead(200).end(body));
    expect(failed).toMatchObject({ code: 'provider_bad_answer', effect: 'unknown' });
  }
});

test('an answer is cut off at its limit, announced or not', async () => {
  const announced = await failureOf(json(200, 'x'.repeat(20_000), { 'content-length': '20002' }), {
    effect: 'none',
  });
  expect(announced).toMatchObject({ code: 'too_large', effect: 'refused' });
  const endless: Answer = (response) => {
    response.writeHead(200);
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(5000)));
    };
    response.on('drain', write);
    write();
  };
  expect(await failureOf(endless)).toMatchObject({ code: 'too_large', effect: 'unknown' });
});

test('I3 a 303 of a paid request, and a 499, may mean that it was done', async () => {
  const seeOther = await failureOf((response) => void response.writeHead(303, { location: '/done' }).end());
  expect(seeOther).toMatchObject({ code: 'provider_bad_answer', effect: 'unknown' });
  expect(await failureOf(json(499, {}))).toMatchObject({ code: 'provider_outcome_unknown' });
});

test.each(['null', '503', '"no"'])('I3 a 503 that says %s is not the service’s own', async (body) => {
  const failed = await failureOf((response) => void response.writeHead(503).end(body));
  expect(failed).toMatchObject({ code: 'provider_outcome_unknown' });
});

test('a redirect is not followed, so that a key never travels to another host', async () => {
  await using other = await startTestServer(json(200, {}));
  const failed = await failureOf((response) => void response.writeHead(307, { location: other.url }).end());
  expect(failed).toMatchObject({ code: 'provider_bad_answer', effect: 'refused' });
  expect(other.seen).toEqual([]);
});

test('plain http is for this machine only, and only when allowed', async () => {
  const strict = createHttp({ allowLoopback: false, userAgent: 'x', redact: (text) => text });
  const request = {
    method: 'GET',
    timeoutSeconds: 1,
    maxBytes: 1,
    provider: 'p',
    purpose: 'Asking',
  } as const;
  for (const url of [
    'http://127.0.0.1:1/',
    'http://example.com/',
    'ftp://x/',
    'nonsense',
    'https://a:b@example.com/',
  ])
    expect(await strict.requestJson({ ...request, url, effect: 'none' })).toMatchObject({
      failure: { code: 'config_invalid' },
    });
  expect(await submit('http://example.com/')).toMatchObject({ failure: { code: 'config_invalid' } });
});

test('I8 no failure holds the key, even when the other side repeats it in its reason or its body', async () => {
  const answers: Answer[] = [
    json(400, { error: { message: `key ${SECRET} is bad` } }),
    (response) => void response.writeHead(200).end(`<html>${SECRET}</html>`),
    json(500, { detail: [{ message: SECRET }] }),
  ];
  for (const answer of answers) {
    const failed = await failureOf(answer);
    expect(failed).not.toBeNull();
    expect(JSON.stringify(failed)).not.toContain(SECRET);
  }
  const inQuery = await submit(`http://127.0.0.1:${await closedPort()}/path?key=${SECRET}`);
  expect(JSON.stringify(inQuery)).not.toContain(SECRET);
});
