import { expect, test } from 'vitest';

import { amountOf } from '../../domain/budget.ts';
import { dollars } from './texts.ts';

test('BUDGET below ten cents an amount is shown as a budget’s sentence has it, from there on in cents', () => {
  for (const usd of [0, 0.000_07, 0.0004, 0.006, 0.048, 0.07]) expect(dollars(usd)).toBe(`$${amountOf(usd)}`);
  expect(dollars(0.000_07)).toBe('$0.00007');
  expect(dollars(0.585)).toMatch(/^\$0\.5[89]$/);
  expect(dollars(10)).toBe('$10.00');
});
