/** The fuzz tests' own guard. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { guarded } from './fuzz.ts';

test('a changed prototype fails the case', async () => {
  const innocent = fc.asyncProperty(fc.constant('odd'), async () => {});
  expect(await fc.check(guarded(innocent), { numRuns: 3 })).toMatchObject({ failed: false, numRuns: 3 });
  const polluting = fc.asyncProperty(fc.constant('odd'), async (key) => {
    // oxlint-disable-next-line no-extend-native -- what the guard is there for.
    Object.defineProperty(Object.prototype, key, { value: 1, configurable: true });
  });
  try {
    expect(await fc.check(guarded(polluting), { numRuns: 1 })).toMatchObject({ failed: true });
  } finally {
    Reflect.deleteProperty(Object.prototype, 'odd');
  }
});
