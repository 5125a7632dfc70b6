import { expect, test } from 'vitest';

import type { GenerationId } from './generation-id.ts';
import { monthsOf, sumUsd } from './ledger.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ids of the test.
const months = (id: string, month: string): string[] => monthsOf(id as GenerationId, month);

test('D9 BUDGET the months that a post has lived in, newest first, from the one before where its id is of a first day', () => {
  expect(months('20261124-2030', '2026-11')).toEqual([]);
  expect(months('20261124-2030', '2027-01')).toEqual(['2026-12', '2026-11']);
  expect(months('20261201-0000', '2026-12')).toEqual(['2026-11']);
  expect(months('20261201-0000', '2026-11'), 'minted in its last minute').toEqual([]);
});

test('I6 the months of a post that is never finished are bounded', () => {
  expect(months('20200101-0000', '2026-12')).toHaveLength(12);
});

test('BUDGET a sum of dollars has no digits that none of its parts has', () => {
  expect(sumUsd([0.1, 0.2])).toBe(0.3);
  expect(sumUsd(Array.from({ length: 10 }, () => 0.07))).toBe(0.7);
  expect(sumUsd([])).toBe(0);
});
