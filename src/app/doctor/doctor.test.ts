/** Each verdict of the doctor, by a world in which it is due: stores that lie, keys that are refused, clocks that are off. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startS3, type RunningS3 } from '../../../test/conformance/s3-process.ts';
import { smallMedia } from '../../../test/support/mill.ts';
import { wrappedStore } from '../../../test/support/wrapped-store.ts';
import { createHttp } from '../../adapters/http/http.ts';
import { createMemoryStore } from '../../adapters/memory/memory-store.ts';
import { readLifecycle, type LifecycleRule } from '../../adapters/s3/lifecycle.ts';
import { createS3Store } from '../../adapters/s3/s3-store.ts';
import { readEnvironment } from '../../config/environment.ts';
import { configSchema, type Config } from '../../config/schema.ts';
import { failure, success } from '../../domain/failure.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { FaultRule } from '../../sandbox/faults.ts';
import type { Sandbox } from '../../sandbox/options.ts';
import { startSandbox } from '../../sandbox/server.ts';
import { sandboxVariables } from '../drawn-sandbox.ts';
import { renderWorkflow } from '../init/workflow-file.ts';
import { checkClock, judgeClock } from './clock.ts';
import { worstOf, type Finding } from './finding.ts';
import { checkDisk } from './machine.ts';
import { checkProviders } from './providers.ts';
import { checkChannel, checkSchedule } from './schedule.ts';
import { checkStore } from './store.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const CONFIG = configSchema.parse({});

function of(findings: readonly Finding[], check: string): Finding {
  const found = findings.find((finding) => finding.check === check);
  if (found === undefined) throw new Error(`there is no ${check}`);
  return found;
}

function verdicts(findings: readonly Finding[]): Readonly<Record<string, string>> {
  return Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
}

const lifecycleOf = (...rules: LifecycleRule[]) => ({
  archive: 'archive/',
  read: () => Promise.resolve(success(rules)),
});

test('a store is tried by doing: everything works, and nothing is left behind', async () => {
  const store = createMemoryStore({ versions: true });
  const findings = await checkStore(
    store,
    lifecycleOf({ prefix: '', expiresAfterDays: null, forgetsAfterDays: 30 }),
  );
  expect(worstOf(findings)).toBe('ok');
  expect(findings.map(({ check }) => check.replace('store.', ''))).toEqual([
    'list',
    'write',
    'read',
    'copy',
    'conditions',
    'delete',
    'versions',
    'lifecycle',
  ]);
  for await (const entry of store.list('')) throw new Error(`${JSON.stringify(entry)} is left`);
});

test('a store that lies or refuses is caught at the step where it does', async () => {
  const memory = createMemoryStore();
  const denied = (): Promise<ReturnType<typeof failure>> =>
    Promise.resolve(failure('store_denied', 'AccessDenied', {}, { advice: 'Change the key.' }));
  const worlds: readonly (readonly [string, Partial<ObjectStore>])[] = [
    ['store.write', { put: denied }],
    ['store.read', { get: () => Promise.resolve(success(null)) }],
    [
      'store.read',
      {
        get: async (key, most) => {
          const read = await memory.get(key, most);
          return read.ok && read.value !== null
            ? success({ ...read.value, body: new Uint8Array([1]) })
            : read;
        },
      },
    ],
    ['store.copy', { copy: () => Promise.resolve(success(null)) }],
    // oxlint-disable-next-line no-empty-function -- it lists nothing.
    ['store.copy', { list: async function* () {} }],
    ['store.conditions', { put: (key, source, { contentType }) => memory.put(key, source, { contentType }) }],
    ['store.delete', { delete: () => Promise.resolve(success(undefined)) }],
    ['store.delete', { delete: denied }],
    [
      'store.list',
      {
        list: async function* () {
          yield failure('store_denied', 'AccessDenied');
        },
      },
    ],
  ];
  for (const [check, change] of worlds) {
    const findings = await checkStore(wrappedStore(memory, change), null);
    expect([check, findings.at(-1)]).toMatchObject([
      check,
      { check, verdict: 'problem', remedy: expect.any(String) },
    ]);
    expect(findings.slice(0, -1).every(({ verdict }) => verdict === 'ok')).toBe(true);
  }
});

test('versions matter only where conflicting writes are taken', async () => {
  const versionsOf = async (conditionalWrites: boolean, versions: boolean): Promise<string | undefined> =>
    verdicts(await checkStore(createMemoryStore({ conditionalWrites, versions }), null))['store.versions'];
  expect(await versionsOf(true, false)).toBe('ok');
  expect(await versionsOf(false, true)).toBe('ok');
  expect(await versionsOf(false, false)).toBe('warning');
});

test('a lifecycle rule that removes state is a problem, one for the archive is not, none at all is worth a look', async () => {
  const kept = { expiresAfterDays: null, forgetsAfterDays: null };
  const verdictOf = async (versions: boolean, ...rules: LifecycleRule[]) =>
    verdicts(await checkStore(createMemoryStore({ versions }), lifecycleOf(...rules)))['store.lifecycle'];
  expect(await verdictOf(true)).toBe('warning');
  expect(await verdictOf(false)).toBe('ok');
  expect(await verdictOf(true, { ...kept, prefix: '', forgetsAfterDays: 30 })).toBe('ok');
  expect(await verdictOf(true, { ...kept, prefix: '', forgetsAfterDays: 1 })).toBe('warning');
  expect(await verdictOf(true, { ...kept, prefix: '666/', forgetsAfterDays: 30 })).toBe('warning');
  expect(await verdictOf(false, { ...kept, prefix: '', expiresAfterDays: 90 })).toBe('problem');
  expect(await verdictOf(false, { ...kept, prefix: 'config/', expiresAfterDays: 90 })).toBe('problem');
  expect(await verdictOf(false, { ...kept, prefix: 'archive/', expiresAfterDays: 90 })).toBe('ok');
  const hidden = {
    archive: 'archive/',
    read: () => Promise.resolve(failure('provider_refused', 'not offered')),
  };
  expect(verdicts(await checkStore(createMemoryStore({ versions: true }), hidden))['store.lifecycle']).toBe(
    'warning',
  );
  expect(verdicts(await checkStore(createMemoryStore(), hidden))['store.lifecycle']).toBe('ok');
});

test('lifecycle rules are read as S3 words them, and only those that reach the channel', async () => {
  let answer: readonly [number, string] = [404, '<Error><Code>NoSuchLifecycleConfiguration</Code></Error>'];
  const server = createServer((_, response) => {
    response.writeHead(answer[0], { 'content-type': 'application/xml' }).end(answer[1]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const keys = { bucket: 'b', accessKeyId: 'a', secretAccessKey: 's', retryPauseSeconds: 0.001 };
  const ask = () => readLifecycle({ ...keys, endpoint: `http://127.0.0.1:${port}`, prefix: 'one/' });
  try {
    expect(await ask()).toEqual(success([]));
    const rule = (inner: string): string => `<Rule><Status>Enabled</Status>${inner}</Rule>`;
    const noncurrent =
      '<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>';
    const days = (count: number): string => `<Expiration><Days>${count}</Days></Expiration>`;
    answer = [
      200,
      `<LifecycleConfiguration>${rule(`<Filter><Prefix></Prefix></Filter>${noncurrent}`)}${rule(
        `<Filter><Prefix>one/archive/</Prefix></Filter>${days(9)}`,
      )}${rule(`<Prefix>two/</Prefix>${days(1)}`)}${rule(
        `<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>${days(1)}`,
      )}<Rule><Status>Disabled</Status><Filter><Prefix></Prefix></Filter>${days(2)}</Rule></LifecycleConfiguration>`,
    ];
    expect(await ask()).toEqual(
      success([
        { prefix: '', expiresAfterDays: null, forgetsAfterDays: 30 },
        { prefix: 'archive/', expiresAfterDays: 9, forgetsAfterDays: null },
      ]),
    );
    answer = [501, '<Error><Code>NotImplemented</Code></Error>'];
    expect(await ask()).toMatchObject({ ok: false, failure: { code: 'provider_refused' } });
    answer = [503, '<Error><Code>SlowDown</Code></Error>'];
    expect(await ask()).toMatchObject({ ok: false, failure: { code: 'store_unavailable' } });
  } finally {
    server.close();
  }
});

test('two real S3 servers: what they cannot do is found out by trying', async () => {
  for (const kind of ['fauxqs', 's3rver'] as const) {
    const server: RunningS3 = await startS3(kind);
    try {
      const lifecycle = { archive: 'archive/', read: () => readLifecycle(server.options) };
      const findings = await checkStore(await createS3Store(server.options), lifecycle);
      expect(of(findings, 'store.conditions').evidence).toContain('takes conflicting writes');
      expect(verdicts(findings)).toMatchObject({
        'store.delete': 'ok',
        'store.versions': 'warning',
        'store.lifecycle': 'ok',
      });
      const wrong = await checkStore(
        await createS3Store({ ...server.options, bucket: 'another-bucket' }),
        lifecycle,
      );
      expect(wrong).toMatchObject([{ check: 'store.list', verdict: 'problem' }]);
    } finally {
      await server.close();
    }
  }
});

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

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ media: smallMedia(), runwayCredits: 120 });
});
afterAll(() => sandbox.close());

async function providers(
  faults: readonly FaultRule[] = [],
  config: Config = CONFIG,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<readonly Finding[]> {
  const environment = readEnvironment({ ...sandboxVariables(sandbox), ...variables });
  if (!environment.ok) throw new Error(environment.failure.message);
  sandbox.setFaults(faults);
  const http = createHttp({ allowLoopback: true, userAgent: 'test', redact: (text) => text });
  return checkProviders({ config, environment: environment.value, http });
}

test('each provider is asked something that only a good key is answered, and nothing is paid', async () => {
  const findings = await providers();
  expect(verdicts(findings)).toEqual({
    'provider.openai': 'ok',
    'provider.piapi': 'ok',
    'provider.runway': 'warning',
  });
  expect(of(findings, 'provider.openai').evidence).toContain('gpt-4o');
  expect(of(findings, 'provider.runway').evidence).toContain('120 credits left, for about 2 videos of 10 s');
  for (const { evidence } of findings) expect(evidence).toContain('free');
  const newer = configSchema.parse({ API_KEYS: { midjourney: { status_api: 'task' } } });
  expect(of(await providers([], newer), 'provider.piapi').verdict).toBe('ok');
  expect(sandbox.ledger.entries()).toEqual([]);
});

test('a refused key, a throttled or broken service and a model that is not offered each get their own word', async () => {
  const status = (code: number, words?: string) =>
    ({ type: 'status', status: code, ...(words ? { message: words } : {}) }) as const;
  const cases: readonly (readonly [FaultRule, string, string, RegExp])[] = [
    [{ provider: 'openai', operation: 'models', action: status(401) }, 'provider.openai', 'problem', /401/],
    [
      { provider: 'openai', operation: 'models', action: status(403, 'Missing scopes: api.model.read') },
      'provider.openai',
      'warning',
      /scopes/,
    ],
    [
      { provider: 'openai', operation: 'models', action: { type: 'throttle' } },
      'provider.openai',
      'problem',
      /429/,
    ],
    [
      { provider: 'openai', operation: 'models', action: { type: 'drop' } },
      'provider.openai',
      'problem',
      /no answer/,
    ],
    [
      { provider: 'openai', operation: 'models', action: { type: 'garbage' } },
      'provider.openai',
      'problem',
      /not JSON/,
    ],
    [{ provider: 'piapi', action: status(401) }, 'provider.piapi', 'problem', /401/],
    [
      { provider: 'piapi', operation: 'fetch', action: { ...status(401), underHttp200: true } },
      'provider.piapi',
      'problem',
      /401/,
    ],
    [
      { provider: 'piapi', operation: 'fetch', action: status(500, 'failed to find task') },
      'provider.piapi',
      'warning',
      /failed to find/,
    ],
    [
      { provider: 'piapi', operation: 'fetch', action: { type: 'drop' } },
      'provider.piapi',
      'problem',
      /no answer/,
    ],
    [
      { provider: 'runway', operation: 'organization', action: status(401) },
      'provider.runway',
      'problem',
      /401/,
    ],
    [
      { provider: 'runway', operation: 'organization', action: { type: 'malformed' } },
      'provider.runway',
      'warning',
      /unknown shape/,
    ],
  ];
  for (const [rule, check, verdict, evidence] of cases) {
    const found = of(await providers([rule]), check);
    expect([rule.action, found.verdict]).toEqual([rule.action, verdict]);
    expect(found.evidence).toMatch(evidence);
    expect(found.remedy).toEqual(expect.any(String));
  }
  const dream = configSchema.parse({ OPENAI_SETTINGS: { model: 'gpt-99' } });
  expect(of(await providers([], dream), 'provider.openai')).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('gpt-99 is not among'),
  });
  const keyless = await providers([], CONFIG, { RUNWAY_API_KEY: undefined });
  expect(of(keyless, 'provider.runway').remedy).toBe('Set RUNWAY_API_KEY.');
});

test('without credits for one video the doctor says so, and Runway refuses it too', async () => {
  await using poor = await startSandbox({ media: smallMedia(), runwayCredits: 49 });
  const found = await providers([], CONFIG, { REELMILL_RUNWAY_BASE_URL: poor.urls.runway });
  expect(of(found, 'provider.runway')).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('0 videos'),
  });
  const body = {
    model: 'gen4_turbo',
    promptImage: 'https://example.com/a.png',
    promptText: 'x',
    ratio: '1280:720',
    duration: 10,
  };
  const asked = await fetch(`${poor.urls.runway}/v1/image_to_video`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer k',
      'x-runway-version': '2024-11-06',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  expect(asked.status).toBe(400);
  expect(await asked.text()).toContain('enough credits');
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
  const of1 = async (key: string, value: unknown): Promise<Finding> => {
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

test('a folder that no run has made yet is on no disk, and that is no problem', async () => {
  expect(await checkDisk('/nowhere/at/all')).toMatchObject({
    check: 'disk',
    evidence: expect.stringMatching(/\d+ MB free/),
  });
});
