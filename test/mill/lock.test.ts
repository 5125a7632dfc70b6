/** One run at a time: the lock that is honoured, held, given back, and taken over from a run that died. */
import { describe, expect, test } from 'vitest';
import { composeRun } from '../../src/app/compose.ts';
import { failure } from '../../src/domain/failure.ts';
import { collectList, type ObjectStore } from '../../src/ports/object-store.ts';
import { runChannel, type RunParts, type RunReport } from '../../src/runtime/run-channel.ts';
import { FIRST_ID, Mill, PUBLIC, TRACKER, valueOf, type MillRun } from '../support/mill.ts';
import { quickRenderer } from '../support/quick-renderer.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

test('M2 a channel that another tool has locked: the run ends with success, asks nobody and changes nothing', async () => {
  await using mill = await Mill.start();
  await mill.put(PUBLIC, { processing_lock: true, generation_id: ['20260101-0000'] });
  const before = await mill.text(PUBLIC);
  const report = await mill.run();
  expect(report).toMatchObject({ stop: 'locked', failure: null, actions: [] });
  expect(report.holder).toContain('processing_lock');
  expect(await mill.objects()).toEqual([PUBLIC]);
  expect(await mill.text(PUBLIC)).toBe(before);
  expect(mill.wire.seen).toEqual([]);
  expect(mill.logs.map(({ message }) => message)).toContain('Another run holds the channel; this one ends');
});

test('M2 D12 while a run works, the flag names its owner and expiry, and a second run yields', async () => {
  await using mill = await Mill.start();
  await mill.put(PUBLIC, { processing_lock: false, generation_id: ['notes'], lock_epoch: 7 });
  const seen: { during?: unknown; second?: RunReport; tickets?: string[] } = {};
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.path !== '/api/v1/task') return null;
    return (async () => {
      seen.during = await mill.json(PUBLIC);
      seen.tickets = await mill.objects('locks/');
      seen.second = await mill.run();
      return ask();
    })();
  };
  await mill.run();
  expect(seen.during).toMatchObject({ processing_lock: true, lock_epoch: 8, generation_id: ['notes'] });
  expect(seen.during).toMatchObject({ lock_owner: 'test-1' });
  expect(seen.during).toMatchObject({ lock_expires_at_utc: expect.stringMatching(/^2026-01-31T20:45:/) });
  expect(seen.tickets).toEqual(['locks/test-1.json']);
  expect(seen.second).toMatchObject({ stop: 'locked', holder: 'locks/test-1.json', failure: null });
  // The lease's 900 s and the bound of 30 s on clocks.
  expect(seen.second?.until).toMatch(/^2026-01-31T20:45:3/);
  expect(await mill.json(PUBLIC)).toMatchObject({ processing_lock: false, lock_owner: null });
  expect(await mill.objects('locks/')).toEqual([]);
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

const ENDS: readonly [name: string, run: (mill: Mill) => Promise<MillRun>][] = [
  [
    'a text that the provider refuses',
    async (mill) => {
      mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 500 } }]);
      return {};
    },
  ],
  [
    'a picture that the provider refuses',
    async (mill) => {
      mill.sandbox.setFaults([{ provider: 'piapi', action: { type: 'status', status: 500 } }]);
      return {};
    },
  ],
  [
    'a damaged document',
    async (mill) => {
      await mill.put(TRACKER, 'no JSON');
      return {};
    },
  ],
  [
    'an exception, which is a bug',
    async () => ({
      change: (parts) => withContext(parts, { settings: null as never }),
    }),
  ],
  [
    'a run that is asked to stop',
    async (mill) => {
      const stop = new AbortController();
      mill.wire.middleman = async (_exchange, ask) => {
        stop.abort();
        return ask();
      };
      return { signal: stop.signal };
    },
  ],
];

test.each(ENDS)('M2 the lock is given back after %s', async (_name, prepare) => {
  await using mill = await Mill.start();
  const report = await mill.run(await prepare(mill)).catch((error: unknown) => error);
  expect(report instanceof Error || ['failed', 'interrupted'].includes((report as RunReport).stop)).toBe(
    true,
  );
  expect((await mill.json(PUBLIC))?.processing_lock ?? false).toBe(false);
  expect(await mill.objects('locks/')).toEqual([]);
  mill.wire.middleman = () => null;
  mill.sandbox.setFaults([]);
  await mill.remove(TRACKER);
  await mill.advance(86_400);
  expect((await mill.run()).stop).not.toBe('locked');
});

test('M2 a lock that cannot be given back is named in the log, and the next run takes it over', async () => {
  let broken = false;
  await using mill = await Mill.start({
    throughStore: (store) =>
      wrappedStore(store, {
        put: async (key, source, options) =>
          broken && key === PUBLIC
            ? failure('store_denied', 'no right to write', { key })
            : store.put(key, source, options),
      }),
  });
  await mill.run({
    onAction: (type) => {
      if (type === 'request-image') broken = true;
    },
  });
  expect(await mill.json(PUBLIC)).toMatchObject({ processing_lock: true, lock_owner: 'test-1' });
  expect(mill.complaints().join()).toContain('could not be released');
  broken = false;
  await mill.until('21:30');
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect(await mill.json(PUBLIC)).toMatchObject({ processing_lock: false, lock_owner: null });
});

test('D12 a run that was killed holds the channel until its lease has passed, and not for ever', async () => {
  await using mill = await Mill.start();
  const killed = await mill.compose();
  expect(await killed.lock.acquire()).toEqual({ ok: true, value: { held: true } });
  expect((await killed.lock.raise()).ok).toBe(true);
  // Nothing of that run is ever executed again.
  const { lease_seconds: lease, clock_bound_seconds: bound } = mill.config.WORKFLOW;
  await mill.advance(lease + bound - 2);
  expect(await mill.run()).toMatchObject({ stop: 'locked', failure: null });
  await mill.advance(4);
  expect(await mill.run()).toMatchObject({ stop: 'waiting' });
  expect(mill.complaints()).toContain('An earlier run ended without releasing the lock; it is taken over');
  expect(await mill.json(PUBLIC)).toMatchObject({ processing_lock: false, lock_epoch: 2 });
});

const SUSPENDED: readonly [when: string, key: string, holds: string][] = [
  ['its order of a picture is about to be sent', `journal/${FIRST_ID}.json`, '"stage": "image"'],
  ['it has ordered a picture and saved the id', 'config/config_midjourney.json', '"task_id"'],
  ['it has ordered a video and saved the id', 'config/config_midjourney.json', '"video_task"'],
];
const STORES = [
  { name: 'conditional writes', conditionalWrites: true, versions: false },
  { name: 'versions only', conditionalWrites: false, versions: true },
];

describe.each(STORES)('on a store with $name', ({ conditionalWrites, versions }) => {
  test.each(SUSPENDED)(
    'I1 I3 D12 a run whose machine is suspended for hours, when %s, ends with lease_lost, orders nothing and overwrites nothing',
    async (_when, key, holds) => {
      await using mill = await Mill.start({
        store: { conditionalWrites, versions },
        sandbox: { imageSeconds: 0 },
      });
      let unseen = 0;
      let isAwake = true;
      let left: unknown = null;
      const store = wrappedStore(mill.store, {
        put: async (to, source, options) => {
          const put = await mill.store.put(to, source, options);
          const text = 'bytes' in source ? new TextDecoder().decode(source.bytes) : '';
          if (isAwake && to === key && text.includes(holds)) {
            isAwake = false;
            const before = mill.clock.monotonicSeconds();
            for (let hour = 0; hour < 2; hour += 1) {
              await mill.advance(3_600);
              await mill.run();
            }
            unseen += mill.clock.monotonicSeconds() - before;
            left = { paid: mill.paid(), objects: await objectsOf(mill.store) };
          }
          return put;
        },
      });
      const clock = {
        now: () => mill.clock.now(),
        monotonicSeconds: () => mill.clock.monotonicSeconds() - unseen,
        sleep: (seconds: number) => mill.clock.sleep(seconds),
      };
      const sleeper = valueOf(await composeRun({ ...mill.surroundings, store, clock }));
      const parts = withContext(sleeper, { renderer: quickRenderer });
      const report = await runChannel(parts, { mode: 'main', zeroDelay: true });
      expect(report).toMatchObject({ stop: 'failed', failure: { code: 'lease_lost' } });
      expect({ paid: mill.paid(), objects: await objectsOf(mill.store) }).toEqual(left);
    },
  );
});

test('D12 a flag that names no owner is honoured for lock_stale_seconds, then taken over with a warning', async () => {
  await using mill = await Mill.start({ config: { WORKFLOW: { lock_stale_seconds: 7_200 } } });
  await mill.put(PUBLIC, { processing_lock: true });
  await mill.advance(7_100);
  expect((await mill.run()).stop).toBe('locked');
  await mill.advance(101);
  expect((await mill.run()).stop).toBe('waiting');
  expect(mill.complaints()).toContain('processing_lock names no owner and is old; it is taken over');
  expect((await mill.json(PUBLIC)).processing_lock).toBe(false);
});

test('D2 a check with nothing to do makes one request, takes no lock and writes nothing', async () => {
  await using mill = await Mill.start();
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'nothing-active', failure: null });
  expect(mill.requestsOfLastRun).toEqual(['get']);
  expect(await mill.objects()).toEqual([]);
  expect(mill.wire.seen).toEqual([]);
});

test('D2 R2 a check never begins a post, also when one is named whose text was never written', async () => {
  await using mill = await Mill.start();
  await mill.put('config/config_gen.json', { generation_id: '20260131-2000' });
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'nothing-active' });
  expect(mill.wire.seen).toEqual([]);
  expect(await mill.objects()).toEqual(['config/config_gen.json']);
  expect(await mill.run()).toMatchObject({ stop: 'waiting', id: '20260131-2000' });
});

function withContext(parts: RunParts, change: Partial<RunParts['context']>): RunParts {
  return { ...parts, context: { ...parts.context, ...change } };
}

/** Everything that lies there, and since when. */
async function objectsOf(store: ObjectStore): Promise<unknown> {
  return valueOf(await collectList(store, ''));
}
