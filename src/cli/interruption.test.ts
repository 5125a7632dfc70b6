import { expect, test } from 'vitest';

import { createInterruption } from './interruption.ts';

test('M2 one Ctrl-C that arrives three times stops once; asked again later, it insists', () => {
  let now = 5;
  let insisted = 0;
  const { heard, signal } = createInterruption(
    () => now,
    () => (insisted += 1),
  );
  expect(signal.aborted).toBe(false);
  heard();
  heard();
  now += 999;
  heard();
  expect([signal.aborted, insisted]).toEqual([true, 0]);
  now += 1;
  heard();
  expect(insisted).toBe(1);
});
