import { expect, test } from 'vitest';

import type { OpenCause } from '../domain/alerts.ts';
import { failure, type Failure, type FailureCode } from '../domain/failure.ts';
import { judgeAlerts, withoutOldMocks, type Readiness, type RunObservation } from './alerts.ts';

const NOW = new Date('2026-11-24T20:35:00Z');
const FACTS = { now: NOW, readyBy: '08:00 UTC' };

const failed = (code: FailureCode, provider?: string): Failure =>
  failure(code, 'It said no', provider === undefined ? {} : { provider }).failure;

const run = (change: Partial<RunObservation> = {}): RunObservation => ({
  mode: 'main',
  stop: change.failure ? 'failed' : 'waiting',
  id: '20261124-2030',
  failure: null,
  bug: null,
  failedAction: null,
  interrupted: false,
  actions: [],
  lateFor: [],
  ...change,
});
const did = (action: RunObservation['actions'][number]['action'], ok = true) => ({
  action,
  id: '20261124-2030',
  event: null,
  failed: !ok,
  reason: null,
});

const judge = (open: readonly OpenCause[], observed: RunObservation, readiness: Readiness = 'unknown') => {
  const { raised, recovered } = judgeAlerts(open, observed, readiness, FACTS);
  return { raised: raised.map(({ cause }) => cause), recovered: recovered.map(({ cause }) => cause) };
};
/** What lies open after a run in a state where nothing did. */
const openAfter = (observed: RunObservation): OpenCause[] =>
  judgeAlerts([], observed, 'unknown', FACTS).raised.map(({ text: _text, ...cause }) => cause);

const NOTHING = { raised: [], recovered: [] };
const DENIED = run({
  failure: failed('provider_denied', 'openai'),
  failedAction: 'write-content',
  actions: [did('write-content', false)],
});

test('a run that went well says nothing', () => {
  expect(judge([], run())).toEqual(NOTHING);
  expect(judge([], run({ mode: 'check', stop: 'nothing-active', id: null }))).toEqual(NOTHING);
});

test.each([
  ['provider_unavailable', 'failed', 'A run failed'],
  ['provider_throttled', 'failed', 'A run failed'],
  ['provider_denied', 'needs-hand', 'The channel needs a hand'],
  ['state_damaged', 'needs-hand', 'The channel needs a hand'],
  ['no_active_post', 'needs-hand', 'The channel needs a hand'],
  ['store_denied', 'needs-hand', 'The channel needs a hand'],
] as const)('%s is told as %s', (code, kind, title) => {
  const { raised } = judgeAlerts([], run({ failure: failed(code) }), 'unknown', FACTS);
  expect(raised).toMatchObject([{ cause: code, kind, title, id: '20261124-2030' }]);
  expect(raised[0]?.text).toMatch(/^It said no\. /);
});

test('a budget is told by its name, whatever the run', () => {
  const stop = { budget: 'day', limitUsd: 1, spentUsd: 1, costUsd: 0.1, freesAt: null } as const;
  const { failure: reached } = failure('budget_reached', 'Enough', {}, { budget: stop });
  expect(judgeAlerts([], run({ failure: reached }), 'unknown', FACTS).raised).toMatchObject([
    { cause: 'budget:day', kind: 'budget', title: 'A budget stopped the run' },
  ]);
});

test('the same cause is told once, another one again', () => {
  const open = openAfter(DENIED);
  expect(open).toHaveLength(1);
  expect(judge(open, DENIED)).toEqual(NOTHING);
  const runway = run({ failure: failed('provider_denied', 'runway') });
  expect(judge(open, runway)).toEqual({ raised: ['provider_denied:runway'], recovered: [] });
});

test.each([
  ['an idle check', run({ mode: 'check', stop: 'nothing-active' })],
  ['a main run that did something else', run({ stop: 'stocked', actions: [did('tidy')] })],
  ['one that another run kept out', run({ stop: 'locked' })],
  ['one that failed in another way', run({ failure: failed('store_unavailable') })],
  ['one that was told to stop', run({ interrupted: true, actions: [did('write-content')] })],
  ['a post that was finished with a mock', run({ stop: 'task-done', actions: [did('make-mock-video')] })],
  ['one whose same action failed', run({ actions: [did('write-content', false)] })],
])('%s does not end a cause', (_, later) => {
  expect(judge(openAfter(DENIED), later).recovered).toEqual([]);
});

test.each([
  ['the same action going well', run({ actions: [did('write-content')] })],
  ['a finished post', run({ stop: 'task-done' })],
])('%s ends it', (_, later) => {
  expect(judge(openAfter(DENIED), later)).toEqual({ raised: [], recovered: ['provider_denied:openai'] });
});

test('S1 damage that a main run met is not over when a check has not looked there', () => {
  const open = openAfter(run({ failure: failed('state_damaged') }));
  expect(judge(open, run({ mode: 'check', stop: 'nothing-active' })).recovered).toEqual([]);
  expect(judge(open, run({ stop: 'stocked' })).recovered).toEqual(['state_damaged']);
});

test('what a check met is over with the next check that goes well', () => {
  const open = openAfter(run({ mode: 'check', failure: failed('store_unavailable') }));
  expect(judge(open, run({ mode: 'check', stop: 'nothing-active' })).recovered).toEqual([
    'store_unavailable',
  ]);
});

test('M6 a picture that cannot be asked for is told, and over when it can', () => {
  const open = openAfter(
    run({
      mode: 'check',
      stop: 'check-failed',
      failure: failed('provider_unavailable', 'piapi'),
      failedAction: 'check-image',
    }),
  );
  expect(open).toMatchObject([{ cause: 'provider_unavailable:piapi', action: 'check-image' }]);
  expect(
    judge(open, run({ mode: 'check', stop: 'waiting', actions: [did('check-image')] })).recovered,
  ).toHaveLength(1);
});

test('a run that was told to stop is nobody’s business', () => {
  expect(judge([], run({ failure: failed('task_timed_out'), interrupted: true }))).toEqual(NOTHING);
});

/** A lease's key is another one in each run. */
const leaseLost = (key: string) =>
  run({
    failure: failure('lease_lost', 'The lease ran out', { key }).failure,
    failedAction: 'choose-picture',
    actions: [did('choose-picture', false)],
  });

test('I4 a lease that is lost once is no news, twice without a good run between is one alert, and its end is told', () => {
  const first = judgeAlerts([], leaseLost('locks/a.json'), 'unknown', FACTS);
  expect(first).toMatchObject({ raised: [], noted: [{ cause: 'lease_lost', quiet: true }] });
  expect(judge(first.noted, run({ mode: 'check', stop: 'nothing-active' }))).toEqual(NOTHING);
  const { forgotten } = judgeAlerts(first.noted, run({ actions: [did('choose-picture')] }), 'unknown', FACTS);
  expect(forgotten, 'chance').toMatchObject([{ cause: 'lease_lost' }]);
  const later = { ...FACTS, now: new Date(NOW.getTime() + 3_600_000) };
  const again = judgeAlerts(first.noted, leaseLost('locks/b.json'), 'unknown', later);
  expect(again).toMatchObject({ raised: [{ cause: 'lease_lost', kind: 'failed' }], noted: [] });
  expect(again.raised[0]?.since_utc, 'since the first').toBe(first.noted[0]?.since_utc);
  const open = again.raised.map(({ text: _text, ...cause }) => cause);
  expect(judge(open, leaseLost('locks/c.json'))).toEqual(NOTHING);
  expect(judge(open, run({ actions: [did('choose-picture')] })).recovered).toEqual(['lease_lost']);
});

const made = (action: 'make-mock' | 'make-mock-video' | 'await-video', reason: string | null = null) =>
  run({ actions: [{ ...did(action), event: 'media-saved', reason }] });

test('a bug is told once, and over when a run of its kind has gone well', () => {
  const broken = run({ stop: 'crashed', bug: 'x is not a function' });
  expect(judge([], broken)).toEqual({ raised: ['bug'], recovered: [] });
  const open = openAfter(broken);
  expect(judge(open, { ...broken, bug: 'y is not a function' })).toEqual(NOTHING);
  expect(judge(open, run({ mode: 'check', stop: 'nothing-active' }))).toEqual(NOTHING);
  expect(judge(open, run())).toEqual({ raised: [], recovered: ['bug'] });
  expect(judge([], { ...broken, interrupted: true })).toEqual(NOTHING);
});

test('I7 a post that was finished with a placeholder is told, once, with the reason', () => {
  const { raised } = judgeAlerts([], made('make-mock-video', 'the task failed'), 'unknown', FACTS);
  expect(raised).toMatchObject([{ cause: 'mock:20261124-2030', kind: 'mock', id: '20261124-2030' }]);
  expect(raised[0]?.text).toBe('The post is ready, but the video is a placeholder: the task failed.');
  const dotted = judgeAlerts([], made('make-mock-video', 'Runway failed the task.'), 'unknown', FACTS);
  expect(dotted.raised[0]?.text).toMatch(/: Runway failed the task\.$/);
  expect(judge(openAfter(made('make-mock')), made('make-mock-video'))).toEqual(NOTHING);
  expect(judge([], made('await-video')), 'a real one is no news').toEqual(NOTHING);
});

test('I7 that the real thing may still come is said only of a post for which it is still asked after', () => {
  const textOf = (lateFor: readonly string[]) =>
    judgeAlerts([], { ...made('make-mock'), lateFor }, 'unknown', FACTS).raised[0]?.text;
  expect(textOf(['20261124-2030'])).toMatch(/placeholders\. If the real thing still comes/);
  expect(textOf(['20261123-2030'])).toMatch(/placeholders\.$/);
});

test('I7 the real thing that comes late ends it, of that post only', () => {
  const open = openAfter(made('make-mock'));
  expect(judge(open, made('await-video')).recovered).toEqual(['mock:20261124-2030']);
  const other = run({ actions: [{ ...did('await-video'), event: 'media-saved', id: '20261123-2030' }] });
  expect(judge(open, other).recovered).toEqual([]);
});

test('I7 a placeholder that stays one is forgotten after two weeks, other causes never', () => {
  const [mock] = openAfter(made('make-mock'));
  const [denied] = openAfter(DENIED);
  if (!mock || !denied) throw new Error('nothing was raised');
  const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);
  expect(withoutOldMocks([mock, denied], later(13))).toEqual([mock, denied]);
  expect(withoutOldMocks([mock, denied], later(15))).toEqual([denied]);
});

test('the dead man’s alert: no ready post, told once, over when there is one', () => {
  const { raised } = judgeAlerts([], run(), 'late', FACTS);
  expect(raised).toMatchObject([{ cause: 'late', kind: 'late', id: null }]);
  expect(raised[0]?.text).toContain('08:00 UTC');
  const open = raised.map(({ text: _text, ...cause }) => cause);
  expect(judge(open, run(), 'late')).toEqual(NOTHING);
  expect(judge(open, run(), 'unknown')).toEqual(NOTHING);
  expect(judge(open, run({ failure: failed('store_unavailable') }), 'ready')).toEqual({
    raised: ['store_unavailable'],
    recovered: ['late'],
  });
});
