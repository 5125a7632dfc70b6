import { expect, test } from 'vitest';

import { amountOf } from './budget.ts';

test.each([
  [0, '0.00'],
  [0.5, '0.50'],
  [12, '12.00'],
  [0.048, '0.048'],
  [0.996, '0.996'],
  [0.000_07, '0.00007'],
  [0.000_001, '0.000001'],
  // As sums of dollars come out.
  [0.1 + 0.2, '0.30'],
])('BUDGET %d USD are written as %s, and never as nothing', (usd, text) => {
  expect(amountOf(usd)).toBe(text);
});
