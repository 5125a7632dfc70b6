import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { availableFocuses, isTragic, recordTopic, topicsTrackerSchema } from './topics-tracker.ts';

function tracker(change: object) {
  return topicsTrackerSchema.parse(change);
}

test('C1 a focus marked (т), in Cyrillic or Latin, is tragic; a mark elsewhere is none', () => {
  for (const focus of ['Кораблекрушения (т)', 'Shipwrecks (t)', 'Войны(Т) '])
    expect(isTragic(focus), focus).toBe(true);
  for (const focus of ['Shipwrecks', '(т) Shipwrecks', 'T', 'Shipwrecks (x)'])
    expect(isTragic(focus), focus).toBe(false);
});

test('C1 focuses come from those not used lately; when all were, the one used longest ago', () => {
  expect(availableFocuses(tracker({ all_focuses: ['A', 'B', 'C'], used_focuses: ['B'] }))).toEqual([
    'A',
    'C',
  ]);
  expect(availableFocuses(tracker({ all_focuses: ['A', 'B'], used_focuses: ['B', 'A'] }))).toEqual(['B']);
  expect(availableFocuses(tracker({ all_focuses: ['A', 'B'], used_focuses: ['gone', 'A', 'B'] }))).toEqual([
    'A',
  ]);
  expect(availableFocuses(tracker({}))).toEqual([]);
});

test('C1 the last 15 focuses are kept, and the last 5 labels of each, oldest first', () => {
  let state = tracker({ all_focuses: ['A'], note: 'mine' });
  for (let index = 0; index < 20; index += 1) state = recordTopic(state, `focus ${index}`, 'label');
  expect(state.used_focuses).toEqual(Array.from({ length: 15 }, (_, index) => `focus ${index + 5}`));
  for (let index = 0; index < 8; index += 1) state = recordTopic(state, 'A', `label ${index}`);
  expect(state.focus_data['A']).toEqual(['label 3', 'label 4', 'label 5', 'label 6', 'label 7']);
  expect(state['note']).toBe('mine');
});

test('D14 recording the same topic again changes nothing', () => {
  const once = recordTopic(tracker({ all_focuses: ['A'] }), 'A', 'label');
  expect(recordTopic(once, 'A', 'label')).toBe(once);
});

test('C1 a tracker of the old scripts, with more than is kept today, is read, and shortened when it is next written', () => {
  const used = Array.from({ length: 40 }, (_, index) => `focus ${index}`);
  const old = tracker({ all_focuses: used, used_focuses: used, focus_data: { 'focus 0': used } });
  expect(availableFocuses(old)).toHaveLength(25);
  const next = recordTopic(old, 'focus 0', 'new');
  expect(next.used_focuses).toHaveLength(15);
  expect(next.focus_data['focus 0']).toEqual([...used.slice(-4), 'new']);
});

test('C1 for any topics: bounded lists without repetition, and names that every object has are plain names', () => {
  const name = fc.oneof(
    fc.constantFrom('constructor', '__proto__', 'toString', 'A', 'B'),
    fc.string({ minLength: 1, maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { maxLength: 60 }), (topics) => {
      let state = tracker({});
      for (const [focus, label] of topics) state = recordTopic(state, focus, label);
      expect(state.used_focuses.length).toBeLessThanOrEqual(15);
      expect(new Set(state.used_focuses).size).toBe(state.used_focuses.length);
      for (const labels of Object.values(state.focus_data)) expect(labels.length).toBeLessThanOrEqual(5);
      const last = topics.at(-1);
      if (last && last[0] !== '__proto__') expect(state.focus_data[last[0]]?.at(-1)).toBe(last[1]);
      expect(Object.getPrototypeOf(state.focus_data)).toBe(Object.prototype);
    }),
  );
});
