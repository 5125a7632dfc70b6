/** Whether the budget lets the next run pay for what it would begin with: `status` would else promise what no run does. */
import { describeStop } from '../domain/budget.ts';
import { success, type Result } from '../domain/failure.ts';
import { generationIdAt, type GenerationId } from '../domain/generation-id.ts';
import type { Draft } from '../domain/journal.ts';
import { monthOf, monthsOf, type LedgerCall } from '../domain/ledger.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PlannedCall } from '../ports/payments.ts';
import { readJournal } from '../runtime/journal-store.ts';
import { readLedger } from '../runtime/ledger-store.ts';
import { budgetStop, spendingOf } from '../workflow/budget.ts';
import type { Action } from '../workflow/decide.ts';
import type { Config } from '../config/schema.ts';
import { callsOfOnePost } from './cost-notes.ts';
import { budgetsOf } from './settings.ts';

type StopDescription = ReturnType<typeof describeStop>;

const PAID: Partial<Record<Action['type'], PlannedCall['kind']>> = {
  'mint-id': 'text',
  'write-content': 'text',
  'request-image': 'image',
  'request-video': 'video',
};

/** As a sentence, with what to do. */
export async function stopOfNext(
  store: ObjectStore,
  config: Config,
  next: Action,
  now: Date,
): Promise<Result<string | null>> {
  const stop = await budgetStopOfNext(store, config, next, now);
  if (!stop.ok || stop.value === null) return stop.ok ? success(null) : stop;
  return success(`${stop.value.message}. ${stop.value.advice}`);
}

/** What the next run would stop at, and what to do; null when its first paid call fits, or when it pays for nothing at once. */
export async function budgetStopOfNext(
  store: ObjectStore,
  config: Config,
  next: Action,
  now: Date,
): Promise<Result<StopDescription | null>> {
  const id = ('id' in next ? next.id : null) ?? generationIdAt(now);
  const draft = next.type === 'write-content' ? await draftOf(store, id) : {};
  const call = firstPaid(config, next, id, draft);
  if (call === undefined) return success(null);
  const budgets = budgetsOf(config);
  const ledger: LedgerCall[] = [];
  const month = monthOf(now);
  // As a payment counts them.
  for (const name of [month, ...(budgets.perPost === null ? [] : monthsOf(id, month))]) {
    const calls = await readLedger(store, name);
    if (!calls.ok) return calls;
    ledger.push(...(calls.value ?? []));
  }
  const stop = budgetStop(budgets, spendingOf(ledger, id, now), call.reserveUsd, now);
  if (stop === null) return success(null);
  return success(describeStop(stop, `${call.stage} by ${call.provider}`));
}

/** What an earlier run has written of the post is paid for. A damaged journal is told elsewhere. */
async function draftOf(store: ObjectStore, id: GenerationId): Promise<Draft> {
  const journal = await readJournal(store, id);
  return journal.ok ? (journal.value?.draft ?? {}) : {};
}

function firstPaid(config: Config, next: Action, id: GenerationId, draft: Draft): PlannedCall | undefined {
  const kind = PAID[next.type];
  return kind && callsOfOnePost(config, id, draft).find((call) => call.kind === kind);
}
