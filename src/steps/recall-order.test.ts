import { expect, test } from 'vitest';
import { failure, success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalDocument, JournalEntry } from '../domain/journal.ts';
import { recallOrder } from './recall-order.ts';

const ID = '20260301-2030' as GenerationId;
const AT = '2026-03-01T20:31:02.000000+00:00';
/** Of the submission that the state was left with, and of one before it. */
const LEFT = 'intent-2';
const EARLIER = 'intent-1';
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function intent(call: string, intent_id: string): JournalEntry {
  const order = { call, kind: 'image', stage: 'image', provider: 'p', model: 'm' } as const;
  return { at_utc: AT, type: 'intent', ...order, reserved_usd: 0.1, intent_id };
}
function settled(call: string, task_id?: string): JournalEntry {
  const known = task_id === undefined ? {} : { task_id };
  return {
    at_utc: AT,
    type: 'settled',
    call,
    outcome: task_id === undefined ? 'unknown' : 'succeeded',
    cost_usd: 0.1,
    measured: false,
    seconds: 1,
    ...known,
  };
}

async function recall(entries: readonly JournalEntry[], kind: 'image' | 'video' = 'image') {
  const journal: Result<JournalDocument> = success({ version: 1, id: ID, entries: [...entries] });
  return recallWith(journal, kind);
}

function recallWith(read: Result<JournalDocument>, kind: 'image' | 'video') {
  const journal = {
    read: () => Promise.resolve(read),
    begin: () => {},
    note: () => {},
    amend: () => {},
    save: () => Promise.resolve(success(undefined)),
  };
  return recallOrder({ journal, log: SILENT }, { id: ID, kind, intentId: LEFT });
}

test('I3 the task that only the journal knows is taken up', async () => {
  expect(await recall([intent('a', LEFT), settled('a', 'task-1')])).toEqual({
    event: { type: 'image-requested', taskId: 'task-1' },
    failure: null,
  });
  expect(await recall([intent('v', LEFT), settled('v', 'task-2')], 'video')).toEqual({
    event: { type: 'video-requested', taskId: 'task-2' },
    failure: null,
  });
});

test.each<[string, readonly JournalEntry[]]>([
  ['the journal is empty', []],
  ['the call has no outcome', [intent('a', LEFT)]],
  ['its outcome is not known', [intent('a', LEFT), settled('a')]],
  [
    'an earlier order has a task and the last has none',
    [intent('a', EARLIER), settled('a', 'task-1'), intent('b', LEFT)],
  ],
  [
    'only another order, made after it, has a task',
    [intent('b', LEFT), intent('a', EARLIER), settled('a', 'task-1')],
  ],
  ['only a later call without an intent has a task', [intent('a', LEFT), settled('b', 'task-2')]],
])('I3 the outcome is unknown when %s', async (_name, entries) => {
  expect((await recall(entries)).event).toEqual({ type: 'image-outcome-unknown' });
});

test('I3 an order without an intent in its journal was never made: the post may be ordered for, and nothing is counted', async () => {
  const earlier = [intent('a', EARLIER), settled('a')];
  expect(await recall(earlier)).toEqual({ event: { type: 'submission-withdrawn' }, failure: null });
  expect((await recall(earlier, 'video')).event).toEqual({ type: 'submission-withdrawn' });
});

test('I3 a journal that cannot be read ends the run; nothing is ordered again on a guess', async () => {
  const damaged = failure('state_damaged', 'This is not JSON', { key: `journal/${ID}.json` });
  const { event, failure: problem } = await recallWith(damaged, 'image');
  expect(event).toBeNull();
  expect(problem?.code).toBe('state_damaged');
});
