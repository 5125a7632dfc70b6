import { expect, test } from 'vitest';
import { NO_BUDGETS } from '../domain/budget.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { microUsd, monthBefore, monthOfId, spentUsd, type LedgerCall } from '../domain/ledger.ts';
import { budgetStop, spendingOf } from './budget.ts';

const NOW = new Date('2026-12-31T20:30:00Z');
const ID = '20261130-2030' as GenerationId;
const NOTHING = { post: 0, day: 0, month: 0 };

function call(at: string, id: string, cost: number): LedgerCall {
  return {
    call: at,
    at_utc: at,
    id: id as GenerationId,
    kind: 'text',
    stage: 'topic',
    provider: 'openai',
    model: 'gpt-4o',
    state: 'succeeded',
    reserved_usd: cost,
    cost_usd: cost,
    measured: true,
  };
}

test('BUDGET a call that fills a budget to the last millionth passes, and one more is stopped', () => {
  const budgets = { ...NO_BUDGETS, perDay: 0.3 };
  expect(budgetStop(budgets, { ...NOTHING, day: 0.1 }, 0.2, NOW)).toBeNull();
  expect(budgetStop(budgets, { ...NOTHING, day: 0.1 }, 0.200_001, NOW)).toEqual({
    budget: 'day',
    limitUsd: 0.3,
    spentUsd: 0.1,
    costUsd: 0.200_001,
    freesAt: '2027-01-01T00:00:00.000Z',
  });
});

test('BUDGET a month frees with the next month, a post never by itself', () => {
  expect(budgetStop({ ...NO_BUDGETS, perMonth: 1 }, { ...NOTHING, month: 1 }, 0.5, NOW)?.freesAt).toBe(
    '2027-01-01T00:00:00.000Z',
  );
  const november = new Date('2026-11-05T00:00:00Z');
  expect(budgetStop({ ...NO_BUDGETS, perMonth: 1 }, { ...NOTHING, month: 1 }, 0.5, november)?.freesAt).toBe(
    '2026-12-01T00:00:00.000Z',
  );
  expect(budgetStop({ ...NO_BUDGETS, perPost: 1 }, { ...NOTHING, post: 1 }, 0.5, NOW)).toMatchObject({
    budget: 'post',
    freesAt: null,
  });
});

test('BUDGET of several budgets the one that waits longest is named, and a call dearer than a whole budget never fits', () => {
  const budgets = { perPost: null, perDay: 1, perMonth: 20 };
  const spent = { post: 0, day: 1, month: 20 };
  expect(budgetStop(budgets, spent, 0.5, NOW)?.budget).toBe('month');
  expect(budgetStop(budgets, spent, 1.5, NOW)).toMatchObject({ budget: 'day', freesAt: null });
});

test('BUDGET no budget stops nothing, and a call without a price passes a budget that is already crossed', () => {
  expect(budgetStop(NO_BUDGETS, { post: 1e6, day: 1e6, month: 1e6 }, 1e6, NOW)).toBeNull();
  expect(
    budgetStop({ perPost: 0, perDay: 0, perMonth: 0 }, { post: 1, day: 1, month: 1 }, 0, NOW),
  ).toBeNull();
  expect(budgetStop({ perPost: null, perDay: 0, perMonth: null }, NOTHING, 0.000_001, NOW)?.budget).toBe(
    'day',
  );
});

test('BUDGET days and months are counted in UTC, a post over all of its months', () => {
  const calls = [
    call('2026-11-30T23:59:59.000000+00:00', ID, 1),
    call('2026-12-01T00:00:00.000000+00:00', ID, 2),
    call('2026-12-31T00:00:00.000000+00:00', '20261231-0000', 4),
    call('2026-12-30T23:59:59.999000+00:00', '20261231-0000', 8),
  ];
  expect(spendingOf(calls, ID, NOW)).toEqual({ post: 3, day: 4, month: 14 });
});

test('BUDGET sums are exact where sums of dollars are not', () => {
  expect(0.1 + 0.2).not.toBe(0.3);
  expect(spentUsd([{ cost_usd: 0.1 }, { cost_usd: 0.2 }])).toBe(0.3);
  expect(microUsd(0.000_000_4)).toBe(1);
  expect(microUsd(0.07)).toBe(70_000);
  expect(monthBefore('2026-01')).toBe('2025-12');
  expect(monthBefore('2026-11')).toBe('2026-10');
  expect(monthOfId(ID)).toBe('2026-11');
});
