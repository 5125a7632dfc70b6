/**
 * What a month cost, call by call, in one object. It is the memory that budgets are checked against: a call stands here
 * before it is made, at the most it can cost, so that a run killed in the middle of it cannot be forgotten and paid again.
 */
import { z } from 'zod';
import type { GenerationId } from './generation-id.ts';
import { isGenerationId } from './generation-id.ts';
import { PAID_KINDS } from './journal.ts';

const text = z.string().max(400);

export const ledgerCallSchema = z.object({
  /** The same name as in the post's journal. */
  call: text,
  /** When it was reserved, in UTC; the day and the month it counts for. */
  at_utc: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)$/, 'is not a moment in UTC'),
  id: z.custom<GenerationId>(isGenerationId),
  kind: z.enum(PAID_KINDS),
  stage: text,
  provider: text,
  model: text,
  /**
   * `reserved`: made or about to be made, outcome not known yet. `succeeded`, `failed`: answered and charged. `unknown`:
   * nobody can say whether it was charged, so it counts as if it was. A refused call costs nothing and stands only in the journal.
   */
  state: z.enum(['reserved', 'succeeded', 'failed', 'unknown']),
  /** The most it could cost, as reserved. */
  reserved_usd: z.number().nonnegative(),
  /** What counts as spent: the reserve until something better is known. */
  cost_usd: z.number().nonnegative(),
  /** True when the figure comes from the provider's answer. */
  measured: z.boolean(),
});
export type LedgerCall = z.infer<typeof ledgerCallSchema>;

/** A month with more calls than this is refused further ones: the object must stay one that every run can read. */
export const MOST_CALLS = 10_000;

export const ledgerSchema = z.looseObject({
  version: z.literal(1),
  month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'is not a month such as 2026-11'),
  calls: z.array(ledgerCallSchema).max(MOST_CALLS + 100),
});
export type LedgerDocument = z.infer<typeof ledgerSchema>;

/** Outside `journal/`, whose listing by day tells which ids are taken. */
export const LEDGER_FOLDER = 'ledger/';

export function ledgerKey(month: string): string {
  return `${LEDGER_FOLDER}${month}.json`;
}

/** `2026-11`, UTC. */
export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7);
}

/** `2026-11-24`, UTC. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

export function monthOfId(id: GenerationId): string {
  return `${id.slice(0, 4)}-${id.slice(4, 6)}`;
}

/** `2026-01` → `2025-12` */
export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return number === 1
    ? `${year - 1}-12`
    : `${String(year).padStart(4, '0')}-${String(number - 1).padStart(2, '0')}`;
}

/** A post that lives longer than this is no longer counted over all of its months. */
const MOST_MONTHS = 12;

/** The months before `month` in which the post may have cost something, newest first. */
export function monthsOf(id: GenerationId, month: string): string[] {
  // D9: an id is the next free minute, so that one of a month's first day may have been minted in the month before.
  const first = id.slice(6, 8) === '01' ? monthBefore(monthOfId(id)) : monthOfId(id);
  const months: string[] = [];
  for (let at = monthBefore(month); at >= first && months.length < MOST_MONTHS; at = monthBefore(at))
    months.push(at);
  return months;
}

/** Millionths of a dollar, rounded up: sums of them are exact, where sums of dollars are not. */
export function microUsd(usd: number): number {
  return Math.ceil(Number((usd * 1_000_000).toFixed(3)));
}

/** USD, added up in millionths. */
export function sumUsd(amounts: readonly number[]): number {
  return amounts.reduce((sum, usd) => sum + microUsd(usd), 0) / 1_000_000;
}

/** USD that count as spent. */
export function spentUsd(calls: readonly Pick<LedgerCall, 'cost_usd'>[]): number {
  return sumUsd(calls.map(({ cost_usd: cost }) => cost));
}
