/** What a post's journal says about the money: the last word on each call, whoever wrote it and however often. */
import type { JournalEntry } from './journal.ts';

type Entry<T extends JournalEntry['type']> = Extract<JournalEntry, { type: T }>;

export interface CallCost {
  readonly call: string;
  /** Null: settled without an intent, by a version that named the two differently. */
  readonly intent: Entry<'intent'> | null;
  /** Null: nobody has noted an outcome, so the reserve counts. */
  readonly settled: Entry<'settled'> | null;
  /** What counts as spent, USD. */
  readonly costUsd: number;
  /** True when the figure comes from the provider's answer. */
  readonly measured: boolean;
}

/** Null when the journal does not know the call. */
export function callCost(entries: readonly JournalEntry[], call: string): CallCost | null {
  let intent: Entry<'intent'> | null = null;
  let settled: Entry<'settled'> | null = null;
  let corrected: Entry<'corrected'> | null = null;
  for (const entry of entries) {
    if (!('call' in entry) || entry.call !== call) continue;
    if (entry.type === 'intent') intent = entry;
    else if (entry.type === 'settled') settled = entry;
    else corrected = entry;
  }
  if (intent === null && settled === null) return null;
  const costUsd = corrected?.cost_usd ?? settled?.cost_usd ?? intent?.reserved_usd ?? 0;
  return { call, intent, settled, costUsd, measured: corrected !== null || (settled?.measured ?? false) };
}

/** The task that was ordered for a `submission` of the state; null when the journal knows of none. */
export function orderedTask(entries: readonly JournalEntry[], intentId: string): string | null {
  const intent = entries.findLast((entry) => entry.type === 'intent' && entry.intent_id === intentId);
  if (intent?.type !== 'intent') return null;
  const settled = callCost(entries, intent.call)?.settled;
  return settled?.outcome === 'succeeded' ? (settled.task_id ?? null) : null;
}

/** Every call of the post, oldest first. Their sum is what the post cost. */
export function callCosts(entries: readonly JournalEntry[]): CallCost[] {
  const names = new Set(entries.flatMap((entry) => ('call' in entry ? [entry.call] : [])));
  return [...names].flatMap((name) => callCost(entries, name) ?? []);
}
