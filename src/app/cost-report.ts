/** What a month cost, by day, post and provider, and what it will have cost at its end. Pure: it only adds up what the ledger says. */
import type { Budgets } from '../domain/budget.ts';
import { dayOf, monthOf, spentUsd, type LedgerCall } from '../domain/ledger.ts';

export interface Sum {
  readonly usd: number;
  readonly calls: number;
  /** The part of `usd` that providers have not confirmed: estimates, and calls whose outcome nobody knows. */
  readonly estimatedUsd: number;
}

export interface Forecast {
  /** For the whole month, what is spent included. */
  readonly usd: number;
  /** Mean of the days that it is based on. */
  readonly perDayUsd: number;
  readonly days: number;
  /** The UTC day on which the month's budget would be used up; null: not in this month, or there is no budget. */
  readonly budgetUsedUpOn: string | null;
}

export interface BudgetUse {
  readonly budget: 'day' | 'month';
  readonly limitUsd: number;
  readonly spentUsd: number;
}

export interface CostReport extends Sum {
  /** `2026-11` */
  readonly month: string;
  /** Every day from the month's first call to its last day or today, also those without a call. */
  readonly byDay: readonly (Sum & { readonly day: string })[];
  /** Newest first. A post that was made over the turn of a month stands in both. */
  readonly byPost: readonly (Sum & {
    readonly id: string;
    readonly byKind: Readonly<Record<string, number>>;
  })[];
  /** Dearest first. */
  readonly byProvider: readonly (Sum & { readonly provider: string; readonly model: string })[];
  /** Calls whose outcome is not known; they count at the most they could cost. */
  readonly unknown: { readonly calls: number; readonly usd: number };
  /** Only for the month that now lies in. */
  readonly budgets: readonly BudgetUse[];
  /** Null for a past month, and before the first full day has been paid for. */
  readonly forecast: Forecast | null;
}

/** Days that a forecast looks back on: four weeks, so that a weekly rhythm does not distort it. */
const FORECAST_DAYS = 28;
const DAY = 86_400_000;

export interface CostFacts {
  readonly month: string;
  readonly calls: readonly LedgerCall[];
  /** Those of the month before, for the forecast. */
  readonly callsBefore: readonly LedgerCall[];
  readonly budgets: Budgets;
  readonly now: Date;
}

export function costReport(facts: CostFacts): CostReport {
  const { budgets, calls, month, now } = facts;
  const current = month === monthOf(now);
  const unknown = calls.filter(({ state }) => state === 'reserved' || state === 'unknown');
  const today = spentUsd(calls.filter(({ at_utc: at }) => at.startsWith(dayOf(now))));
  const use = (budget: 'day' | 'month', limitUsd: number | null, spent: number): BudgetUse[] =>
    limitUsd === null || !current ? [] : [{ budget, limitUsd, spentUsd: spent }];
  return {
    month,
    ...sumOf(calls),
    byDay: byDay(facts),
    byPost: byPost(calls),
    byProvider: byProvider(calls),
    unknown: { calls: unknown.length, usd: spentUsd(unknown) },
    budgets: [...use('day', budgets.perDay, today), ...use('month', budgets.perMonth, spentUsd(calls))],
    forecast: current ? forecastOf(facts, today) : null,
  };
}

function sumOf(calls: readonly LedgerCall[]): Sum {
  return {
    usd: spentUsd(calls),
    calls: calls.length,
    estimatedUsd: spentUsd(calls.filter(({ measured }) => !measured)),
  };
}

function byDay({ calls, month, now }: CostFacts): CostReport['byDay'] {
  const days = Map.groupBy(calls, ({ at_utc: at }) => at.slice(0, 10));
  const paid = [...days.keys()].sort();
  const [first] = paid;
  if (first === undefined) return [];
  const until = month === monthOf(now) ? dayOf(now) : lastDayOf(month);
  // A runner whose clock is ahead may have paid on a day that has not come here.
  const last = [until, paid.at(-1) ?? until].sort().at(-1) ?? until;
  return daysBetween(first, last).map((day) => Object.assign({ day }, sumOf(days.get(day) ?? [])));
}

function byPost(calls: readonly LedgerCall[]): CostReport['byPost'] {
  return [...Map.groupBy(calls, ({ id }) => id)]
    .sort(([one], [other]) => (one < other ? 1 : -1))
    .map(([id, same]) => {
      const kinds = [...Map.groupBy(same, ({ kind }) => kind)].map(([kind, of]) => [kind, spentUsd(of)]);
      const byKind = Object.fromEntries(kinds) as Record<string, number>;
      return Object.assign({ id, byKind }, sumOf(same));
    });
}

function byProvider(calls: readonly LedgerCall[]): CostReport['byProvider'] {
  return [...Map.groupBy(calls, ({ provider, model }) => `${provider}\n${model}`).values()]
    .map((same) =>
      Object.assign({ provider: same[0]?.provider ?? '', model: same[0]?.model ?? '' }, sumOf(same)),
    )
    .sort((one, other) => other.usd - one.usd);
}

/** The mean of the last full days, from the first paid one on, for every day that is still to come. */
function forecastOf({ budgets, calls, callsBefore, month, now }: CostFacts, today: number): Forecast | null {
  const known = [...callsBefore, ...calls];
  const days = Map.groupBy(known, ({ at_utc: at }) => at.slice(0, 10));
  const earliest = dayOf(new Date(now.getTime() - FORECAST_DAYS * DAY));
  const from = [...days.keys(), dayOf(now)].filter((day) => day >= earliest).sort()[0] ?? dayOf(now);
  const full = daysBetween(from, dayOf(new Date(now.getTime() - DAY)));
  if (full.length === 0) return null;
  const perDayUsd = full.reduce((sum, day) => sum + spentUsd(days.get(day) ?? []), 0) / full.length;
  const coming = daysBetween(dayOf(new Date(now.getTime() + DAY)), lastDayOf(month));
  const spent = spentUsd(calls);
  const restOfToday = Math.max(0, perDayUsd - today);
  let total = spent + restOfToday;
  let usedUpOn = budgets.perMonth !== null && total > budgets.perMonth ? dayOf(now) : null;
  for (const day of coming) {
    total += perDayUsd;
    if (usedUpOn === null && budgets.perMonth !== null && total > budgets.perMonth) usedUpOn = day;
  }
  return { usd: total, perDayUsd, days: full.length, budgetUsedUpOn: usedUpOn };
}

/** Both ends included; none when `last` lies before `first`. */
function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) days.push(dayOf(new Date(at)));
  return days;
}

function lastDayOf(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return dayOf(new Date(Date.UTC(year, number, 0)));
}

const COLUMNS = [
  'at_utc',
  'id',
  'provider',
  'model',
  'kind',
  'stage',
  'state',
  'reserved_usd',
  'cost_usd',
  'measured',
] as const;

/** One line a call, oldest first, after a line with the names of the columns (RFC 4180). */
export function costsAsCsv(calls: readonly LedgerCall[]): string {
  const rows = [...calls].sort((one, other) => (one.at_utc < other.at_utc ? -1 : 1));
  const lines = rows.map((call) => COLUMNS.map((column) => csvField(String(call[column]))).join(','));
  return [COLUMNS.join(','), ...lines].join('\r\n');
}

/** A text that a spreadsheet would take for a formula is kept from being one. */
function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
