import { expect, test } from 'vitest';

import { VirtualClock } from '../app/virtual-clock.ts';
import { failure } from '../domain/failure.ts';
import type { RunReport } from './run-channel.ts';
import { LATEST_MAIN_SECONDS, Scheduler, WAKE_PAUSE_SECONDS, type RunOrder } from './scheduler.ts';
import { createTimetable, type TimetableSettings } from './timetable.ts';
import { Wake } from './wake.ts';

const OWNERS = { main: '20:30', checks: ['21:30', '01:30'], timezone: 'UTC' };

const ended = (change: Partial<RunReport> = {}): RunReport => ({
  stop: 'nothing-active',
  failure: null,
  id: null,
  tasksProcessed: 0,
  actions: [],
  ...change,
});
/** In the middle of its work, unless it is told that it had not begun. */
const outage = (actions: RunReport['actions'] = [{ action: 'write-content', event: null }]): RunReport =>
  ended({
    stop: 'failed',
    failure: failure('store_unavailable', 'The bucket does not answer').failure,
    actions,
  });
const locked = (): RunReport => ended({ stop: 'locked', holder: 'locks/dead.json' });

interface Watched {
  readonly begin?: string;
  readonly times?: Partial<TimetableSettings>;
  /** When the last main run was made. */
  readonly remembered?: string | null | (() => string | null);
  readonly startWithMain?: boolean;
  /** The runs after which the process is told to stop. */
  readonly runs: number;
  /** Called for each run, from 1; may move the clock, knock, or give another report. */
  readonly onRun?: (count: number, world: World) => RunReport | void;
}

interface World {
  readonly clock: VirtualClock;
  readonly wake: Wake;
  readonly stop: () => void;
  readonly scheduler: Scheduler;
}

async function watch(options: Watched) {
  const clock = new VirtualClock(new Date(options.begin ?? '2026-11-24T12:00:00Z'));
  const controller = new AbortController();
  const wake = new Wake();
  const orders: string[] = [];
  const warnings: string[] = [];
  const silent = { debug: () => {}, info: () => {}, error: () => {} };
  const stop = (): void => controller.abort();
  const remembered = (): string | null =>
    typeof options.remembered === 'function' ? options.remembered() : (options.remembered ?? null);
  const scheduler: Scheduler = new Scheduler({
    clock,
    timetable: createTimetable({ ...OWNERS, ...options.times }),
    wake,
    lastMainRun: () => {
      const moment = remembered();
      return Promise.resolve(moment === null ? null : new Date(moment));
    },
    log: { ...silent, warn: (message) => void warnings.push(message) },
    signal: controller.signal,
    startWithMain: options.startWithMain ?? false,
    run: (order) => {
      orders.push(`${clock.now().toISOString().slice(5, 16)} ${order.mode} ${order.reason}`);
      const report = options.onRun?.(orders.length, { clock, wake, stop, scheduler }) ?? ended();
      if (orders.length >= options.runs) stop();
      return Promise.resolve(report);
    },
  });
  await scheduler.loop();
  return { orders, warnings, facts: scheduler.facts(), clock };
}

test('R1 from start: a check at once, then the owner’s day, each slot at its very moment', async () => {
  const { orders } = await watch({ runs: 5 });
  expect(orders).toEqual([
    '11-24T12:00 check start',
    '11-24T20:30 main schedule',
    '11-24T21:30 check schedule',
    '11-25T01:30 check schedule',
    '11-25T20:30 main schedule',
  ]);
});

test('R1 a week through the end of summer time has one main run each local day', async () => {
  const { orders } = await watch({
    begin: '2026-10-22T12:00:00Z',
    times: { main: '02:30', checks: [], timezone: 'Europe/Berlin' },
    runs: 7,
  });
  expect(orders.slice(1)).toEqual([
    '10-23T00:30 main schedule',
    '10-24T00:30 main schedule',
    '10-25T00:30 main schedule',
    '10-26T01:30 main schedule',
    '10-27T01:30 main schedule',
    '10-28T01:30 main schedule',
  ]);
});

test('R1 a run that lasts over several slots: the newest is made up for once, and a main run is preferred', async () => {
  const { orders } = await watch({
    runs: 4,
    onRun: (count, { clock }) => {
      if (count === 1) clock.moveTo(new Date('2026-11-24T21:45:00Z'));
    },
  });
  expect(orders).toEqual([
    '11-24T12:00 check start',
    '11-24T21:45 main schedule',
    '11-25T01:30 check schedule',
    '11-25T20:30 main schedule',
  ]);
});

test('R1 a main run that an earlier process did not come to is made at the start', async () => {
  const { orders } = await watch({
    begin: '2026-11-24T23:00:00Z',
    remembered: '2026-11-23T20:30:00Z',
    runs: 2,
  });
  expect(orders).toEqual(['11-24T23:00 main schedule', '11-25T01:30 check schedule']);
});

test('R2 a main run that an earlier process finished is not made again after a restart', async () => {
  const { orders } = await watch({
    begin: '2026-11-24T20:31:00Z',
    remembered: '2026-11-24T20:30:00Z',
    runs: 2,
  });
  expect(orders).toEqual(['11-24T20:31 check start', '11-24T21:30 check schedule']);
});

test('R2 a channel that never had a scheduler does not start a post because it was installed', async () => {
  const { orders, facts } = await watch({ begin: '2026-11-24T20:31:00Z', remembered: null, runs: 1 });
  expect(orders).toEqual(['11-24T20:31 check start']);
  expect(facts.missedMain).toBeNull();
});

test('R1 a main run that is more than half a day late is given up and reported as missed, until the next', async () => {
  const begin = new Date(Date.parse('2026-11-23T20:30:00Z') + (LATEST_MAIN_SECONDS + 60) * 1000);
  const missed = { begin: begin.toISOString(), remembered: '2026-11-22T20:30:00Z' };
  const first = await watch({ ...missed, runs: 1 });
  expect(first.orders).toEqual(['11-24T08:31 check start']);
  expect(first.facts.missedMain).toEqual(new Date('2026-11-23T20:30:00Z'));
  expect(first.warnings).toEqual(['The main run was not made in time, and the next one is nearer']);
  const second = await watch({ ...missed, runs: 3 });
  expect(second.orders.slice(1)).toEqual(['11-24T20:30 main schedule', '11-24T21:30 check schedule']);
  expect(second.facts.missedMain).toBeNull();
});

test('R1 a main run is missed also where there are no checks and the machine slept for a day', async () => {
  const missed: unknown[] = [];
  const { orders } = await watch({
    times: { checks: [] },
    runs: 3,
    onRun: (count, { clock, scheduler }) => {
      if (count === 2) clock.moveTo(new Date('2026-11-26T12:00:00Z'));
      if (count === 3) missed.push(scheduler.facts().missedMain);
    },
  });
  expect(orders.slice(1)).toEqual(['11-24T20:30 main schedule', '11-26T20:30 main schedule']);
  expect(missed).toEqual([new Date('2026-11-25T20:30:00Z')]);
});

test('R1 I4 a main run that meets a held lock is tried again, ever more slowly, until it takes place', async () => {
  const seen: unknown[] = [];
  const { orders, facts, warnings } = await watch({
    runs: 6,
    onRun: (count, { scheduler }) => {
      seen.push(scheduler.facts().tried?.holder ?? null);
      return count > 1 && count < 5 ? locked() : undefined;
    },
  });
  expect(orders.slice(1)).toEqual([
    '11-24T20:30 main schedule',
    '11-24T20:31 main schedule',
    '11-24T20:33 main schedule',
    '11-24T20:37 main schedule',
    '11-24T21:30 check schedule',
  ]);
  expect(seen).toEqual([null, null, 'locks/dead.json', 'locks/dead.json', 'locks/dead.json', null]);
  expect(facts).toMatchObject({ overdue: null, tried: null, missedMain: null });
  expect(warnings).toEqual(
    Array.from({ length: 3 }, () => 'The main run came to nothing and is tried again'),
  );
});

test('I6 R1 a lock that nobody gives back is tried for half a day, less than thirty times, and the run is missed', async () => {
  const mains: string[] = [];
  const { facts } = await watch({
    times: { checks: [] },
    runs: 200,
    onRun: (count, { clock, stop }) => {
      if (count > 1) mains.push(clock.now().toISOString().slice(5, 16));
      if (clock.now() > new Date('2026-11-26T12:00:00Z')) stop();
      return count > 1 ? locked() : undefined;
    },
    remembered: null,
  });
  const first = mains.filter((moment) => moment < '11-25T20:30');
  expect(first.length).toBeGreaterThan(20);
  expect(first.length).toBeLessThan(30);
  expect(first.at(-1)?.slice(0, 8)).toBe('11-25T08');
  expect(mains[first.length], 'the next day begins anew').toBe('11-25T20:30');
  expect(mains[first.length + 1]).toBe('11-25T20:31');
  expect(facts.missedMain).toEqual(new Date('2026-11-25T20:30:00Z'));
});

test('R2 a check that comes before the next try is made as the main run that is owed', async () => {
  const { orders } = await watch({
    begin: '2026-11-24T20:00:00Z',
    times: { checks: ['20:32'] },
    runs: 6,
    onRun: (count, { wake }) => {
      if (count === 4) wake.knock();
      return count > 1 && count < 5 ? locked() : undefined;
    },
  });
  expect(orders.slice(1)).toEqual([
    '11-24T20:30 main schedule',
    '11-24T20:31 main schedule',
    '11-24T20:32 main schedule',
    // The knock.
    '11-24T20:32 main schedule',
    '11-25T20:30 main schedule',
  ]);
});

test('R2 whoever held the channel made the main run: it is not made again, and a knock is answered by a check', async () => {
  let remembered = '2026-11-23T20:30:00Z';
  const { orders, facts } = await watch({
    runs: 4,
    remembered: () => remembered,
    onRun: (count, { wake }) => {
      if (count !== 2) return undefined;
      // Begun by a clock that is a little behind.
      remembered = '2026-11-24T20:29:58Z';
      wake.knock();
      return locked();
    },
  });
  expect(orders.slice(1)).toEqual([
    '11-24T20:30 main schedule',
    '11-24T20:30 check webhook',
    '11-24T21:30 check schedule',
  ]);
  expect(facts.overdue).toBeNull();
});

test('R1 a main run that failed before it began to make the post is tried again, a later failure is not', async () => {
  const { orders } = await watch({
    runs: 5,
    onRun: (count) => {
      if (count === 2) return outage([]);
      if (count === 3) return outage([{ action: 'tidy', event: null }]);
      return count === 4 ? outage() : undefined;
    },
  });
  expect(orders.slice(1)).toEqual([
    '11-24T20:30 main schedule',
    '11-24T20:31 main schedule',
    '11-24T20:33 main schedule',
    '11-24T21:30 check schedule',
  ]);
});

test('R1 the main run that is asked for at the start is owed like any other', async () => {
  const { orders } = await watch({
    startWithMain: true,
    runs: 3,
    onRun: (count) => (count === 1 ? locked() : undefined),
  });
  expect(orders).toEqual([
    '11-24T12:00 main start',
    '11-24T12:01 main schedule',
    '11-24T20:30 main schedule',
  ]);
});

test('a webhook wakes a check at once, many of them wake one, and never right after a run', async () => {
  const { orders, clock } = await watch({
    runs: 3,
    onRun: (count, { wake }) => {
      if (count > 1) return;
      for (let knock = 0; knock < 50; knock += 1) wake.knock();
    },
  });
  expect(orders).toEqual([
    '11-24T12:00 check start',
    '11-24T12:00 check webhook',
    '11-24T20:30 main schedule',
  ]);
  expect(clock.now().getUTCSeconds()).toBe(0);
});

test('a webhook that comes while a run is going on is answered after its pause', async () => {
  const moments: number[] = [];
  await watch({
    runs: 2,
    onRun: (count, { clock, wake }) => {
      moments.push(clock.now().getTime());
      if (count === 1) wake.knock();
    },
  });
  expect(((moments[1] ?? 0) - (moments[0] ?? 0)) / 1000).toBe(WAKE_PAUSE_SECONDS);
});

test('M2 a bug in one run is reported and does not end the next ones', async () => {
  const seen: unknown[] = [];
  const { orders } = await watch({
    runs: 3,
    onRun: (count, { scheduler }) => {
      if (count === 2) throw new Error('this is a bug');
      seen.push(scheduler.facts().failing?.stop);
    },
  });
  expect(orders).toHaveLength(3);
  expect(seen).toEqual([undefined, 'crashed']);
});

test('a failed main run stays the news through idle checks, and ends with the next good one', async () => {
  const news: unknown[] = [];
  await watch({
    runs: 6,
    onRun: (count, { scheduler }) => {
      news.push(scheduler.facts().failing?.mode ?? null);
      if (count === 2) return outage();
      if (count === 4) return ended({ stop: 'locked' });
      return undefined;
    },
  });
  // start check, failed main, idle check, locked check, good main, check
  expect(news).toEqual([null, null, 'main', 'main', 'main', null]);
});

test('a failed check is over with the next one that goes well', async () => {
  const news: unknown[] = [];
  await watch({
    runs: 3,
    onRun: (count, { scheduler }) => {
      news.push(scheduler.facts().failing?.failure?.code ?? null);
      return count === 1 ? outage() : undefined;
    },
  });
  expect(news).toEqual([null, 'store_unavailable', null]);
});

test('being told to stop while it sleeps ends the loop without another run', async () => {
  const clock = new VirtualClock(new Date('2026-11-24T12:00:00Z'));
  const controller = new AbortController();
  const orders: RunOrder[] = [];
  const scheduler = new Scheduler({
    clock: {
      now: () => clock.now(),
      monotonicSeconds: () => 0,
      sleep: (_seconds, signal) => {
        controller.abort();
        expect(signal?.aborted).toBe(true);
        return Promise.resolve();
      },
    },
    timetable: createTimetable(OWNERS),
    wake: new Wake(),
    lastMainRun: () => Promise.resolve(null),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    signal: controller.signal,
    startWithMain: false,
    run: (order) => {
      orders.push(order);
      return Promise.resolve(ended());
    },
  });
  await scheduler.loop();
  expect(orders).toHaveLength(1);
});
