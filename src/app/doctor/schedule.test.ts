/** The doctor's look at clock, schedule and state: machines that are off, schedulers that stopped, documents that broke. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';

import { createMemoryStore } from '../../adapters/memory/memory-store.ts';
import { configSchema } from '../../config/schema.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { renderWorkflow } from '../init/workflow-file.ts';
import { checkClock, judgeClock } from './clock.ts';
import { checkContents } from './contents.ts';
import type { CheckResult } from './check-result.ts';
import { checkDisk } from './machine.ts';
import { checkChannel, checkSchedule } from './schedule.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const CONFIG = configSchema.parse({});

function of(results: readonly CheckResult[], check: string): CheckResult {
  const found = results.find((result) => result.check === check);
  if (found === undefined) throw new Error(`there is no ${check}`);
  return found;
}

test('a clock is judged by the service that agrees with it best, within what the answer’s way may hide', () => {
  const offset = (seconds: number, uncertainty = 0.6) => ({ name: 'a', seconds, uncertainty });
  expect(judgeClock([offset(0.4)], 30)).toMatchObject({ verdict: 'ok' });
  expect(judgeClock([offset(-14)], 30)).toMatchObject({ verdict: 'ok' });
  expect(judgeClock([offset(20)], 30)).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringContaining('20 s ahead'),
  });
  expect(judgeClock([offset(-40)], 30)).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('40 s behind'),
  });
  expect(judgeClock([offset(40, 30)], 30)).toMatchObject({ verdict: 'ok' });
  expect(judgeClock([offset(300), offset(1)], 30)).toMatchObject({ verdict: 'ok' });
});

test('the clock is read from the answers of real servers, whatever else they say', async () => {
  const ahead = new Date(Date.now() - 3_600_000).toUTCString();
  const server = createServer((_, response) => void response.writeHead(403, { date: ahead }).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  try {
    const found = await checkClock([{ name: 'the store', url }], 30, () => new Date());
    expect(found).toMatchObject({
      check: 'clock',
      verdict: 'problem',
      remedy: expect.stringContaining('NTP'),
    });
    expect(found.evidence).toMatch(/the store 36\d\d s ahead|the store 3599 s ahead/);
  } finally {
    server.close();
  }
  const nobody = [{ name: 'the store', url: 'http://127.0.0.1:9/' }];
  expect(await checkClock(nobody, 30, () => new Date())).toMatchObject({ verdict: 'warning' });
});

async function put(store: ObjectStore, key: string, value: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const written = await store.put(key, { bytes }, { contentType: 'application/json' });
  if (!written.ok) throw new Error(written.failure.message);
}

test('R1 a scheduler that stopped is noticed, a full shelf and a new channel are not taken for one', async () => {
  let moment = new Date('2026-11-20T20:31:00Z');
  const store = createMemoryStore({ now: () => moment });
  expect(of(await checkChannel(CONFIG, store, NOW), 'last-run')).toMatchObject({
    verdict: 'ok',
    evidence: 'No run has left anything yet',
  });
  await put(store, 'config/config_gen.json', { generation_id: null });
  const stopped = of(await checkChannel(CONFIG, store, NOW), 'last-run');
  expect(stopped).toMatchObject({ verdict: 'warning' });
  expect(stopped.evidence).toContain('2026-11-20 20:31 UTC, but a main run was due at 2026-11-23 20:30 UTC');
  for (const part of ['json', 'png', 'mp4']) {
    for (const folder of ['666', '555', '444'])
      await put(store, `${folder}/2026112${folder[0]}-2030.${part}`, {});
  }
  expect(of(await checkChannel(CONFIG, store, NOW), 'last-run')).toMatchObject({ verdict: 'ok' });
  moment = new Date('2026-11-23T20:35:00Z');
  await put(store, 'journal/20261123-2030.json', {});
  expect(of(await checkChannel(CONFIG, store, NOW), 'last-run').evidence).toContain('2026-11-23 20:35');
});

test('the state: a document that is damaged, a lock without a name, a run that died', async () => {
  const of1 = async (key: string, value: unknown): Promise<CheckResult> => {
    const store = createMemoryStore({ now: () => NOW });
    await put(store, key, value);
    return of(await checkChannel(CONFIG, store, NOW), 'state');
  };
  expect(await of1('config/config_gen.json', ['no', 'object'])).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('config/config_gen.json'),
  });
  const lock = { processing_lock: true, generation_id: [] };
  expect(await of1('config/config_public.json', lock)).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringContaining('gives no name'),
  });
  const dead = { ...lock, lock_owner: 'a', lock_expires_at_utc: '2026-11-24T11:00:00.000000+00:00' };
  expect(await of1('config/config_public.json', dead)).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringContaining('never gave it back'),
  });
  const alive = { ...lock, lock_owner: 'a', lock_expires_at_utc: '2026-11-24T13:00:00.000000+00:00' };
  expect(await of1('config/config_public.json', alive)).toMatchObject({
    verdict: 'ok',
    evidence: expect.stringContaining('under way'),
  });
  const orphan = {
    midjourney_results: {
      task_id: 't',
      status: 'finished',
      task_result: { image_url: 'https://example.com/a.png' },
    },
  };
  expect(await of1('config/config_midjourney.json', orphan)).toMatchObject({
    verdict: 'problem',
    remedy: expect.stringContaining('repair'),
  });
});

test('R1 the workflow is compared with SCHEDULE', () => {
  const facts = { action: `a/b@${'a'.repeat(40)}`, configPath: 'config.json', secrets: [], now: NOW };
  const workflow = renderWorkflow({ ...facts, config: CONFIG });
  expect(checkSchedule(CONFIG, workflow, NOW)).toMatchObject({
    verdict: 'ok',
    evidence: expect.stringContaining('as in the workflow; the next is due at 2026-11-24 20:30 UTC'),
  });
  const moved = configSchema.parse({ SCHEDULE: { main: '19:00' } });
  expect(checkSchedule(moved, workflow, NOW)).toMatchObject({
    verdict: 'warning',
    remedy: expect.stringContaining('0 19 * * *'),
  });
  expect(checkSchedule(CONFIG, null, NOW)).toMatchObject({ verdict: 'ok' });
  expect(checkSchedule(configSchema.parse({ SCHEDULE: { checks: [] } }), null, NOW)).toMatchObject({
    verdict: 'warning',
  });
});

test.each([
  // 02:30 does not exist on that day; the run is at 03:00 there, and not an hour later.
  ['Europe/Berlin', '02:30', '2026-03-29T00:45:00Z', '2026-03-29 01:00'],
  // 01:30 comes twice on that day, and counts the first time.
  ['America/New_York', '01:30', '2026-11-01T04:00:00Z', '2026-11-01 05:30'],
  ['America/New_York', '01:30', '2026-11-01T05:45:00Z', '2026-11-02 06:30'],
])(
  'R1 in %s the main run of %s is due when serve makes it, also as the clock changes (%s)',
  (timezone, main, now, due) => {
    const config = configSchema.parse({ SCHEDULE: { main, checks: [main], timezone } });
    expect(checkSchedule(config, null, new Date(now)).evidence).toContain(`the next is due at ${due} UTC`);
  },
);

test('R1 a main run on the day of a change is not called due before serve would make it', async () => {
  const config = configSchema.parse({ SCHEDULE: { main: '01:30', timezone: 'America/New_York' } });
  const store = createMemoryStore({ now: () => new Date('2026-11-01T05:35:00Z') });
  await put(store, 'config/config_gen.json', { generation_id: null });
  // 01:30 of that day comes again at 06:30 UTC, and no run with it.
  const seen = of(await checkChannel(config, store, new Date('2026-11-01T09:00:00Z')), 'last-run');
  expect(seen).toMatchObject({ verdict: 'ok' });
});

test('a folder that no run has made yet is on no disk, and that is no problem', async () => {
  expect(await checkDisk('/nowhere/at/all')).toMatchObject({
    check: 'disk',
    evidence: expect.stringMatching(/\d+ MB free/),
  });
});

test('I4 what a run has half done is not called odd; a ticket that is dated ahead is nobody’s', async () => {
  let moment = NOW;
  const store = createMemoryStore({ now: () => moment });
  await put(store, '444/20261122-2030.json', []);
  moment = new Date('2027-11-24T12:00:00Z');
  await put(store, 'locks/dead.json', { owner: 'dead' });
  expect(await checkContents(CONFIG, store, NOW)).toMatchObject({ verdict: 'problem' });
  moment = NOW;
  await put(store, 'locks/busy.json', { owner: 'busy' });
  expect(await checkContents(CONFIG, store, NOW)).toMatchObject({
    verdict: 'ok',
    evidence: expect.stringContaining('A run is at work'),
  });
});

test('S1 damage that no run meets yet is found, and repair is named', async () => {
  const store = createMemoryStore({ now: () => NOW });
  expect(await checkContents(CONFIG, store, NOW)).toMatchObject({ verdict: 'ok' });
  await put(store, 'journal/20261123-2030.json', { version: 1, id: '20261123-2030', entries: [] });
  await put(store, '555/20261123-2030.json', { topic: 'a', content: 'b' });
  expect(await checkContents(CONFIG, store, NOW)).toMatchObject({ verdict: 'warning' });
  await put(store, '444/20261122-2030.json', []);
  expect(await checkContents(CONFIG, store, NOW)).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringMatching(/^444\/20261122-2030\.json: It cannot be read: .* \(and 1 more\)$/),
    remedy: expect.stringContaining('reelmill repair --apply'),
  });
});

const RUN = { seconds: 4, mode: 'main', stop: 'failed', id: null, actions: ['tidy'] };

test('R1 a last run that failed is not called well, until one has gone well', async () => {
  const store = createMemoryStore({ now: () => new Date('2026-11-23T20:31:00Z') });
  const ledger = (...runs: object[]): Promise<void> =>
    put(store, 'ledger/2026-11.json', { version: 1, month: '2026-11', calls: [], runs });
  const denied = { code: 'provider_denied', message: 'Writing the topic failed with HTTP 401' };
  const failedAt = { ...RUN, at_utc: '2026-11-23T20:30:00.000000+00:00', failure: denied };
  await ledger(failedAt);
  expect(of(await checkChannel(CONFIG, store, NOW), 'last-run')).toMatchObject({
    verdict: 'warning',
    evidence: 'The last run of 2026-11-23 20:30 UTC failed: Writing the topic failed with HTTP 401',
    remedy: expect.stringContaining('Check the API key'),
  });
  const unknown = { ...failedAt, failure: { code: 'of_another_version', message: 'No' } };
  await ledger(unknown);
  expect(of(await checkChannel(CONFIG, store, NOW), 'last-run')).toMatchObject({
    verdict: 'warning',
    remedy: expect.stringContaining('reelmill history'),
  });
  const good = { ...RUN, at_utc: '2026-11-23T21:30:00.000000+00:00', stop: 'task-done', failure: null };
  await ledger(failedAt, good);
  expect(of(await checkChannel(CONFIG, store, NOW), 'last-run')).toMatchObject({
    verdict: 'ok',
    evidence: 'The last trace of a run is from 2026-11-23 21:30 UTC',
  });
});

test('BUDGET R1 a budget that stops the next run is found, once, and not when it has freed', async () => {
  const store = createMemoryStore({ now: () => NOW });
  const config = configSchema.parse({ BUDGET: { per_day_usd: 1 } });
  const call = {
    call: 'a',
    at_utc: '2026-11-24T08:00:00.000000+00:00',
    id: '20261124-0800',
    kind: 'video',
    stage: 'video',
    provider: 'runway',
    model: 'gen4_turbo',
    state: 'succeeded',
    reserved_usd: 1,
    cost_usd: 1,
    measured: true,
  };
  const stopped = { code: 'budget_reached', message: 'The budget would be passed' };
  const run = { ...RUN, at_utc: '2026-11-24T08:00:00.000000+00:00', failure: stopped };
  await put(store, 'ledger/2026-11.json', { version: 1, month: '2026-11', calls: [call], runs: [run] });
  const results = await checkChannel(config, store, NOW);
  expect(of(results, 'budget')).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringContaining('(topic by openai)'),
    remedy: expect.stringContaining('raise BUDGET.per_day_usd'),
  });
  expect(of(results, 'last-run')).toMatchObject({ verdict: 'ok' });
  const later = await checkChannel(config, store, new Date('2026-11-25T12:00:00Z'));
  expect(of(later, 'budget')).toMatchObject({ verdict: 'ok' });
});
