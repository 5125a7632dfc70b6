/** The scheduler on a machine whose clock is set right, forward or back, while it counts on. */
import { expect, test } from 'vitest';

import { VirtualClock } from '../app/virtual-clock.ts';
import type { RunReport } from './run-channel.ts';
import { Scheduler } from './scheduler.ts';
import { createTimetable } from './timetable.ts';
import { Wake } from './wake.ts';

const OWNERS = { main: '20:30', checks: ['21:30', '01:30'], timezone: 'UTC' };
const ended = (): RunReport => ({
  stop: 'nothing-active',
  failure: null,
  id: null,
  tasksProcessed: 0,
  actions: [],
});

/** A scheduler whose clock can be set while its machine goes on counting seconds. */
async function watchClock(
  begin: string,
  until: number,
  onSleep: (seconds: number, set: (back: number) => void, wake: Wake) => void,
  onRun: (scheduler: Scheduler, set: (back: number) => void) => void = () => {},
) {
  let back = 0;
  const set = (seconds: number): void => void (back = seconds * 1000);
  const clock = new VirtualClock(new Date(begin));
  const now = (): Date => new Date(clock.now().getTime() - back);
  const controller = new AbortController();
  const wake = new Wake();
  const orders: string[] = [];
  const scheduler: Scheduler = new Scheduler({
    clock: {
      now,
      monotonicSeconds: () => clock.monotonicSeconds(),
      sleep: async (seconds) => {
        await clock.sleep(seconds);
        onSleep(clock.monotonicSeconds(), set, wake);
        if (clock.monotonicSeconds() > until) controller.abort();
      },
    },
    timetable: createTimetable(OWNERS),
    wake,
    lastMainRun: () => Promise.resolve(null),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    signal: controller.signal,
    startWithMain: false,
    run: ({ mode, reason }) => {
      orders.push(`${now().toISOString().slice(0, 16)} ${mode} ${reason}`);
      onRun(scheduler, set);
      return Promise.resolve(ended());
    },
  });
  await scheduler.loop();
  return orders;
}
const YEAR = 365 * 86_400;

test('I4 R1 a clock that was a year ahead and is set right stops neither slots nor webhooks', async () => {
  const orders = await watchClock('2027-06-01T20:31:00Z', 36 * 3_600, (slept, set, wake) => {
    if (slept < 600 || slept >= 660) return;
    set(YEAR);
    wake.knock();
  });
  expect(orders).toEqual([
    '2027-06-01T20:31 check start',
    '2026-06-01T20:41 check webhook',
    '2026-06-01T21:30 check schedule',
    '2026-06-02T01:30 check schedule',
    '2026-06-02T20:30 main schedule',
    '2026-06-02T21:30 check schedule',
    '2026-06-03T01:30 check schedule',
  ]);
});

test('I4 I6 a run that hangs is seen also when the clock was set back after its beginning', async () => {
  const since: unknown[] = [];
  const record = (scheduler: Scheduler, set: (back: number) => void): void => {
    set(YEAR);
    since.push(scheduler.facts().running?.since);
  };
  await watchClock('2027-06-01T20:31:00Z', 60, () => {}, record);
  expect(since).toEqual([new Date('2026-06-01T20:31:00Z')]);
});

test('R2 a clock that is set back by seconds does not make the main run twice', async () => {
  const setBack = (scheduler: Scheduler, set: (back: number) => void): void => {
    if (scheduler.facts().running?.mode === 'main') set(30);
  };
  const orders = await watchClock('2026-11-24T20:00:00Z', 7_200, () => {}, setBack);
  expect(orders).toEqual([
    '2026-11-24T20:00 check start',
    '2026-11-24T20:30 main schedule',
    '2026-11-24T21:30 check schedule',
  ]);
});
