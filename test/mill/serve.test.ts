/** Days of a channel by its own scheduler, with restarts, on the whole mill. */
import { expect, test } from 'vitest';

import { serve, type ServeFacts } from '../../src/app/serve.ts';
import { lastMainRun } from '../../src/runtime/last-main-run.ts';
import type { RunParts, RunReport } from '../../src/runtime/run-channel.ts';
import { Scheduler, type RunOrder } from '../../src/runtime/scheduler.ts';
import { createTimetable } from '../../src/runtime/timetable.ts';
import { Wake } from '../../src/runtime/wake.ts';
import { Mill, PUBLIC, type Json } from '../support/mill.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const TIMES = { main: '20:30', checks: ['21:30', '01:30'], timezone: 'UTC' };

interface Shift {
  readonly until: Date;
  readonly afterRun?: (order: RunOrder, report: RunReport) => Promise<void>;
}

/** One process: from now until a moment, or until somebody stops it. */
async function serveUntil(mill: Mill, { until, afterRun }: Shift): Promise<string[]> {
  const controller = new AbortController();
  const { clock } = mill;
  const runs: string[] = [];
  const scheduler = new Scheduler({
    clock: {
      now: () => clock.now(),
      monotonicSeconds: () => clock.monotonicSeconds(),
      sleep: async (seconds) => {
        await mill.advance(seconds);
        if (clock.now() >= until) controller.abort();
      },
    },
    timetable: createTimetable(TIMES),
    wake: new Wake(),
    lastMainRun: () => lastMainRun(mill.store, clock.now(), silent),
    log: silent,
    signal: controller.signal,
    startWithMain: false,
    run: async (order) => {
      runs.push(`${clock.now().toISOString().slice(5, 16)} ${order.mode}`);
      const report = await mill.run({ mode: order.mode, signal: controller.signal });
      await afterRun?.(order, report);
      return report;
    },
  });
  await scheduler.loop();
  return runs;
}

const day = (date: string, time: string): Date => new Date(`2026-${date}T${time}:00Z`);
const postsOf = async (mill: Mill): Promise<string[]> =>
  (await mill.objects('journal/')).map((key) => key.slice('journal/'.length, -'.json'.length));

/** The external publisher: takes what lies in front. */
async function publish(mill: Mill): Promise<void> {
  const front = (await mill.objects('444/')).find((key) => key.endsWith('.json'));
  const document: Json = await mill.json(PUBLIC);
  if (front !== undefined) await mill.put(PUBLIC, { ...document, generation_id: [front.slice(4, 17)] });
}

test('R1 R2 four days by the scheduler, one post each', async () => {
  await using mill = await Mill.start();
  await mill.until('12:00');
  const runs = await serveUntil(mill, {
    until: day('02-05', '12:00'),
    afterRun: async ({ mode }) => {
      if (mode === 'main') await publish(mill);
    },
  });
  expect(runs.filter((run) => run.endsWith('main'))).toEqual([
    '02-01T20:30 main',
    '02-02T20:30 main',
    '02-03T20:30 main',
    '02-04T20:30 main',
  ]);
  expect(await postsOf(mill)).toEqual(['20260201-2030', '20260202-2030', '20260203-2030', '20260204-2030']);
});

test('R2 I3 a process that is restarted every hour makes the day’s main run once', async () => {
  await using mill = await Mill.start();
  await mill.until('12:00');
  const runs: string[] = [];
  for (let hour = 0; hour < 24; hour += 1)
    runs.push(...(await serveUntil(mill, { until: new Date(mill.clock.now().getTime() + 3_600_000) })));
  expect(runs.filter((run) => run.endsWith('main'))).toEqual(['02-01T20:30 main']);
  expect(await postsOf(mill)).toEqual(['20260201-2030']);
  expect(mill.paid()).toMatchObject({ text: 5, image: 1, video: 1 });
});

test('R1 a main run that was due while the process was down is made when it is back', async () => {
  await using mill = await Mill.start();
  await mill.until('12:00');
  await serveUntil(mill, { until: day('02-02', '15:00') });
  await mill.until('22:45');
  expect(await serveUntil(mill, { until: day('02-03', '01:00') })).toEqual(['02-02T22:45 main']);
  await mill.until('01:15');
  expect(await serveUntil(mill, { until: day('02-03', '01:20') }), 'and not again').toEqual([
    '02-03T01:15 check',
  ]);
});

test('R1 the hour by which a post should be ready has a check of its own', async () => {
  await using mill = await Mill.start({
    config: { SCHEDULE: { ready_by: '08:00', timezone: 'Asia/Tokyo' } },
  });
  await mill.until('22:30');
  const controller = new AbortController();
  let next: ServeFacts['next'] | null = null;
  const ended = await serve({
    surroundings: { ...mill.surroundings, signal: controller.signal },
    version: '0.0.0',
    host: '127.0.0.1',
    port: 0,
    startWithMain: false,
    zeroDelay: false,
    observe: () => {},
    onListening: (facts) => {
      next = facts.next;
      controller.abort();
    },
  });
  expect(ended.ok).toBe(true);
  expect(next).toEqual({ at: day('01-31', '23:00'), mode: 'check' });
});

/** The process is gone in the middle of its first paid call: nothing that it had not written is written any more. */
function killed(parts: RunParts): RunParts {
  const gone = (): never => {
    throw new Error('killed');
  };
  parts.lock.release = () => Promise.resolve();
  const { journal, payments } = parts.context;
  const dead = { pay: gone, finish: () => Promise.resolve(), charged: () => Promise.resolve() };
  return {
    ...parts,
    runs: { addRun: () => {} },
    context: {
      ...parts.context,
      payments: { ...dead, expect: (calls) => payments.expect(calls) },
      journal: {
        read: (id) => journal.read(id),
        begin: (id) => journal.begin(id),
        note: () => {},
        amend: () => {},
        save: () => Promise.resolve({ ok: true, value: undefined }),
      },
    },
  };
}

test('R1 I4 a main run that is killed and made again beside its own dead ticket: the day still gets its post', async () => {
  await using mill = await Mill.start();
  await mill.until('12:00');
  await serveUntil(mill, { until: day('02-02', '12:00') });
  await mill.until('20:30');
  await expect(mill.run({ change: killed })).rejects.toThrow('killed');
  await mill.advance(15);
  const runs = await serveUntil(mill, { until: day('02-03', '12:00') });
  expect(runs).toEqual([
    '02-02T20:30 main',
    '02-02T20:31 main',
    '02-02T20:33 main',
    '02-02T20:37 main',
    '02-02T20:45 main',
    '02-02T21:01 main',
    '02-02T21:30 check',
    '02-03T01:30 check',
  ]);
  expect(await postsOf(mill)).toEqual(['20260201-2030', '20260202-2030']);
  expect(await mill.objects('666/')).toHaveLength(3);
  expect(mill.paid()).toMatchObject({ text: 10, image: 2, video: 2 });
});

test('R1 a main run that failed before it began does not count, nor does one of a clock that was ahead', async () => {
  await using mill = await Mill.start();
  await mill.run();
  const made = mill.clock.now();
  const known = (): Promise<Date | null> => lastMainRun(mill.store, mill.clock.now(), silent);
  const first = await known();
  expect(first?.getTime()).toBeLessThanOrEqual(made.getTime());
  const key = 'ledger/2026-01.json';
  const ledger: Json = await mill.json(key);
  const [run] = ledger.runs;
  const failed = { ...run, stop: 'failed', failure: { code: 'store_unavailable', message: 'silent' } };
  await mill.put(key, {
    ...ledger,
    runs: [
      run,
      { ...failed, at_utc: '2026-01-31T20:32:00.000000+00:00', actions: ['tidy'] },
      { ...run, at_utc: '2026-01-31T23:00:00.000000+00:00' },
    ],
  });
  expect(await known()).toEqual(first);
  await mill.put(key, {
    ...ledger,
    runs: [
      run,
      { ...failed, at_utc: '2026-01-31T20:30:09.000000+00:00', actions: ['tidy', 'write-content'] },
    ],
  });
  expect(await known(), 'one that failed at its work counts').toEqual(new Date('2026-01-31T20:30:09Z'));
});

test('R1 a main run that was made by hand, or by another scheduler, counts', async () => {
  await using mill = await Mill.start();
  await mill.run();
  await mill.advance(60);
  expect(await lastMainRun(mill.store, mill.clock.now(), silent)).toEqual(day('01-31', '20:30'));
  expect(await serveUntil(mill, { until: day('01-31', '20:50') })).toEqual(['01-31T20:31 check']);
});

test('R1 one that was told to stop does not, and the month before is looked at too', async () => {
  await using mill = await Mill.start();
  const now = mill.clock.now();
  expect(await lastMainRun(mill.store, now, silent)).toBeNull();
  await mill.run();
  await mill.until('00:10');
  const stopped = AbortSignal.abort();
  expect((await mill.run({ signal: stopped })).stop).toBe('interrupted');
  expect(await lastMainRun(mill.store, mill.clock.now(), silent)).toEqual(now);
});
