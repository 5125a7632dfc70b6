import { expect, test } from 'vitest';

import type { ScheduledRun, SchedulerFacts } from './scheduler.ts';
import { healthOf } from './serve-health.ts';

const LIMITS = { overdueSeconds: 600, longestRunSeconds: 3_600 };
const at = (time: string): Date => new Date(`2026-11-24T${time}:00Z`);

const CALM: SchedulerFacts = {
  startedAt: at('12:00'),
  next: { at: at('20:30'), mode: 'main' },
  running: null,
  lastRun: null,
  failing: null,
  missedMain: null,
  overdue: null,
  tried: null,
};
const FAILED: ScheduledRun = {
  mode: 'main',
  reason: 'schedule',
  slot: at('20:30'),
  startedAt: at('20:30'),
  endedAt: at('20:31'),
  stop: 'failed',
  failure: { code: 'store_denied', message: 'The key may not write.' },
  id: '20261124-2030',
  holder: null,
};

const judged = (change: Partial<SchedulerFacts>, now = '20:35') =>
  healthOf({ ...CALM, ...change }, at(now), LIMITS);

test('R1 a scheduler with nothing wrong is green and says what comes next', () => {
  expect(judged({})).toEqual({
    status: 'ok',
    reason: null,
    started_at: '2026-11-24T12:00:00.000Z',
    running: null,
    last_run: null,
    next_run: { mode: 'main', at: '2026-11-24T20:30:00.000Z' },
  });
});

test('R1 a failed run is red with its reason, and the whole run is shown', () => {
  const { last_run, reason, status } = judged({ lastRun: FAILED, failing: FAILED });
  expect(status).toBe('failing');
  expect(reason).toBe('the main run of 2026-11-24T20:30:00.000Z failed: The key may not write.');
  expect(last_run).toEqual({
    mode: 'main',
    reason: 'schedule',
    slot: '2026-11-24T20:30:00.000Z',
    started_at: '2026-11-24T20:30:00.000Z',
    ended_at: '2026-11-24T20:31:00.000Z',
    stop: 'failed',
    post: '20261124-2030',
    failure: { code: 'store_denied', message: 'The key may not write.' },
  });
});

test('R1 a run that is due and has not begun is red after ten minutes, not before', () => {
  const overdue = { at: at('20:30'), mode: 'main' } as const;
  expect(judged({ overdue }, '20:40').status).toBe('ok');
  expect(judged({ overdue }, '20:41')).toMatchObject({
    status: 'failing',
    reason: 'the main run of 2026-11-24T20:30:00.000Z has not begun',
  });
});

test('R1 I4 a main run that was tried and kept out is red like one that has not begun, and says why', () => {
  const overdue = { at: at('20:30'), mode: 'main' } as const;
  const tried: ScheduledRun = {
    ...FAILED,
    stop: 'locked',
    failure: null,
    id: null,
    holder: 'locks/dead.json',
  };
  expect(judged({ overdue, tried, lastRun: tried }, '20:40').status).toBe('ok');
  expect(judged({ overdue, tried, lastRun: tried }, '20:41')).toMatchObject({
    status: 'failing',
    reason:
      'the main run of 2026-11-24T20:30:00.000Z has not taken place; tried last at 2026-11-24T20:30:00.000Z: the channel is held by locks/dead.json',
  });
});

test('I6 a run that is going on excuses the next slot until it has lasted too long', () => {
  const running = { mode: 'main', reason: 'schedule', slot: at('20:30'), since: at('20:30') } as const;
  const overdue = { at: at('21:00'), mode: 'check' } as const;
  expect(judged({ running, overdue }, '21:29').status).toBe('ok');
  expect(judged({ running, overdue }, '21:31')).toMatchObject({
    status: 'failing',
    reason: 'the main run that began at 2026-11-24T20:30:00.000Z does not end',
  });
});

test('R1 a main run that was missed stays red', () => {
  expect(judged({ missedMain: at('08:00') })).toMatchObject({
    status: 'failing',
    reason: 'the main run of 2026-11-24T08:00:00.000Z was not made',
  });
});
