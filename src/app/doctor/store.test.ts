/** The doctor's look at a store: servers that lie, refuse, or cannot do a thing are caught at the step where they do. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';

import { startS3, type RunningS3 } from '../../../test/conformance/s3-process.ts';
import { wrappedStore } from '../../../test/support/wrapped-store.ts';
import { createMemoryStore } from '../../adapters/memory/memory-store.ts';
import { readLifecycle, type LifecycleRule } from '../../adapters/s3/lifecycle.ts';
import { createS3Store } from '../../adapters/s3/s3-store.ts';
import { failure, success } from '../../domain/failure.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { worstOf, type CheckResult } from './check-result.ts';
import { checkStore } from './store.ts';

function of(results: readonly CheckResult[], check: string): CheckResult {
  const found = results.find((result) => result.check === check);
  if (found === undefined) throw new Error(`there is no ${check}`);
  return found;
}

function verdicts(results: readonly CheckResult[]): Readonly<Record<string, string>> {
  return Object.fromEntries(results.map(({ check, verdict }) => [check, verdict]));
}

const lifecycleOf = (...rules: LifecycleRule[]) => ({
  archive: 'archive/',
  read: () => Promise.resolve(success(rules)),
});

test('a store is tried by doing: everything works, and nothing is left behind', async () => {
  const store = createMemoryStore({ versions: true });
  const results = await checkStore(
    store,
    lifecycleOf({ prefix: '', expiresAfterDays: null, forgetsAfterDays: 30 }),
  );
  expect(worstOf(results)).toBe('ok');
  expect(results.map(({ check }) => check.replace('store.', ''))).toEqual([
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
    const results = await checkStore(wrappedStore(memory, change), null);
    expect([check, results.at(-1)]).toMatchObject([
      check,
      { check, verdict: 'problem', remedy: expect.any(String) },
    ]);
    expect(results.slice(0, -1).every(({ verdict }) => verdict === 'ok')).toBe(true);
  }
});

test('a refused key is told which rights it needs, unless the store knows better', async () => {
  const remedy = async (advice?: string) => {
    const denied = () =>
      Promise.resolve(failure('store_denied', 'AccessDenied', {}, advice ? { advice } : {}));
    return (await checkStore(wrappedStore(createMemoryStore(), { put: denied }), null)).at(-1)?.remedy;
  };
  expect(await remedy()).toContain('docs/object-stores.md');
  expect(await remedy('Change the key.')).toBe('Change the key.');
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
  const keys = {
    bucket: 'b',
    accessKeyId: 'a',
    secretAccessKey: 's',
    retryPauseSeconds: 0.001,
    redact: String,
  };
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
      const results = await checkStore(await createS3Store(server.options), lifecycle);
      expect(of(results, 'store.conditions').evidence).toContain('takes conflicting writes');
      expect(verdicts(results)).toMatchObject({
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
