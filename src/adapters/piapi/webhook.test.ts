import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Secret } from '../../domain/secret.ts';
import { openListener, type Visit } from '../http/listener.ts';
import { piapiWebhook, WEBHOOK_PATH } from './webhook.ts';

const SECRET = 'a-secret-of-twenty-signs';

function visited(headers: Record<string, string>, json: unknown) {
  let reports = 0;
  let read = 0;
  const route = piapiWebhook(new Secret(SECRET), () => void (reports += 1));
  const visit: Visit = {
    header: (name) => headers[name],
    readJson: () => {
      read += 1;
      return Promise.resolve(json === undefined ? null : { json });
    },
  };
  return Promise.resolve(route.answer(visit)).then(({ status }) => ({ status, reports, read }));
}

const REPORT = { timestamp: 1764000000, data: { task_id: 'task-1', status: 'completed', output: {} } };

test('a report with the secret wakes, and is answered at once', async () => {
  expect(await visited({ 'x-webhook-secret': SECRET }, REPORT)).toEqual({ status: 202, reports: 1, read: 1 });
});

test.each([
  ['no secret', undefined],
  ['another', 'another-secret-of-24-sig'],
  ['its beginning', SECRET.slice(0, -1)],
  ['more than it', `${SECRET}x`],
  ['an empty one', ''],
])('%s wakes nobody, and nothing of the body is read', async (_, given) => {
  const headers = given === undefined ? {} : { 'x-webhook-secret': given };
  expect(await visited(headers, REPORT)).toEqual({ status: 401, reports: 0, read: 0 });
});

test.each([
  ['no JSON', undefined],
  ['null', null],
  ['a list', [REPORT]],
  ['no task', { timestamp: 1, data: {} }],
  ['an id that is no text', { data: { task_id: 7 } }],
  ['an endless id', { data: { task_id: 'x'.repeat(301) } }],
])('%s is no report', async (_, json) => {
  expect(await visited({ 'x-webhook-secret': SECRET }, json)).toEqual({ status: 400, reports: 0, read: 1 });
});

test('whatever JSON comes, it is answered, and pollutes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (json) => {
      const { status, reports } = await visited({ 'x-webhook-secret': SECRET }, json);
      expect(reports).toBe(status === 202 ? 1 : 0);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
  const polluting = JSON.parse('{"__proto__":{"data":{"task_id":"x"}},"data":{"task_id":"x"}}');
  await visited({ 'x-webhook-secret': SECRET }, polluting);
  expect(({} as Record<string, unknown>)['data']).toBeUndefined();
});

test('over the wire a report of more than 256 KiB is refused', async () => {
  let reports = 0;
  const routes = [piapiWebhook(new Secret(SECRET), () => void (reports += 1))];
  const opened = await openListener({ host: '127.0.0.1', port: 0, routes, onBug: () => {} });
  if (!opened.ok) throw new Error(opened.failure.message);
  await using listener = opened.value;
  const send = (body: unknown) =>
    fetch(`${listener.url}${WEBHOOK_PATH}`, {
      method: 'POST',
      headers: { 'x-webhook-secret': SECRET },
      body: JSON.stringify(body),
    });
  const big = { ...REPORT, data: { ...REPORT.data, output: { pad: 'x'.repeat(300_000) } } };
  const refused = await send(big).then(
    ({ status }) => status,
    () => 'hung up',
  );
  expect([413, 'hung up']).toContain(refused);
  expect(reports).toBe(0);
  expect((await send(REPORT)).status).toBe(202);
  expect(reports).toBe(1);
});
