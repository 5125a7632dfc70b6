import { expect, test } from 'vitest';

import { createSystemClock } from './clock.ts';
import { createSystemRandom } from './random.ts';

test('sleep ends at once when its signal has fired, before or meanwhile', async () => {
  const clock = createSystemClock();
  await clock.sleep(3600, AbortSignal.abort());
  const controller = new AbortController();
  const sleeping = clock.sleep(3_000_000_000, controller.signal);
  controller.abort();
  await sleeping;
  expect(controller.signal.aborted).toBe(true);
});

test('random numbers are in [0, 1) and identifiers differ and fit the port', () => {
  const random = createSystemRandom();
  const numbers = Array.from({ length: 1000 }, () => random.next());
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  const identifiers = new Set(Array.from({ length: 1000 }, () => random.identifier()));
  expect(identifiers.size).toBe(1000);
  for (const identifier of identifiers) expect(identifier).toMatch(/^[A-Za-z0-9-]{1,64}$/);
});
