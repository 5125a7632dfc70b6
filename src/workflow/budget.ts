/** Whether a paid call still fits its budgets. Pure; asked in one place only, before every call. */
import type { Budgets, BudgetStop } from '../domain/budget.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { dayOf, microUsd, monthOf, spentUsd, type LedgerCall } from '../domain/ledger.ts';

export interface Spending {
  /** Calls for this post, of all months that it has lived in. */
  readonly post: number;
  readonly day: number;
  readonly month: number;
}

/** `calls`: of this month, and of the months before in which the post may have cost something. */
export function spendingOf(calls: readonly LedgerCall[], id: GenerationId, now: Date): Spending {
  const since = (period: string): LedgerCall[] => calls.filter((call) => call.at_utc.startsWith(period));
  return {
    post: spentUsd(calls.filter((call) => call.id === id)),
    day: spentUsd(since(dayOf(now))),
    month: spentUsd(since(monthOf(now))),
  };
}

/**
 * Null: the call fits. Of several budgets that it would pass, the one that keeps it waiting longest is named. A call
 * without a price passes: it can cross nothing.
 */
export function budgetStop(budgets: Budgets, spent: Spending, costUsd: number, now: Date): BudgetStop | null {
  if (microUsd(costUsd) === 0) return null;
  const order = [
    ['post', budgets.perPost, spent.post, null],
    ['month', budgets.perMonth, spent.month, nextMonth(now)],
    ['day', budgets.perDay, spent.day, nextDay(now)],
  ] as const;
  const stops: BudgetStop[] = [];
  for (const [budget, limitUsd, spentHere, frees] of order) {
    if (limitUsd === null || microUsd(spentHere) + microUsd(costUsd) <= microUsd(limitUsd)) continue;
    const fitsEmpty = microUsd(costUsd) <= microUsd(limitUsd);
    stops.push({
      budget,
      limitUsd,
      spentUsd: spentHere,
      costUsd,
      freesAt: fitsEmpty && frees ? frees.toISOString() : null,
    });
  }
  return stops.find((stop) => stop.freesAt === null) ?? stops[0] ?? null;
}

function nextDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}

function nextMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}
