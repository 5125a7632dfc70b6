/**
 * The one place through which money leaves (I3): budget, durable reservation, durable intent, one call, settlement. The
 * reservation is written before the intent, and the intent before the call, so that whatever a killed run leaves behind
 * says how far it came: no intent, no call; an intent without an outcome counts as spent.
 */
import { describeStop, type Budgets } from '../domain/budget.ts';
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { callCost } from '../domain/journal-costs.ts';
import { dayOf, monthBefore, monthOf, monthsOf, MOST_CALLS, type LedgerCall } from '../domain/ledger.ts';
import { formatTimestamp } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Lease } from '../ports/lease.ts';
import type { Log } from '../ports/log.ts';
import type { Charge, Payments, PlannedCall } from '../ports/payments.ts';
import type { Random } from '../ports/random.ts';
import { budgetStop, spendingOf } from '../workflow/budget.ts';
import type { LedgerStore } from './ledger-store.ts';

export interface PaymentParts {
  readonly journal: Journal;
  readonly ledger: LedgerStore;
  readonly budgets: Budgets;
  readonly lease: Pick<Lease, 'ensureHeld'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'warn'>;
}

/** How far a provider's own figure may lie from the reserve and still be believed; PiAPI documents its unit nowhere. */
const BELIEVED = { least: 0.2, most: 5 };

export function createPayments(parts: PaymentParts): Payments {
  return new LedgerPayments(parts);
}

class LedgerPayments implements Payments {
  readonly #parts: PaymentParts;
  /** Months whose leftovers of dead runs have been looked at. */
  readonly #reviewed = new Set<string>();
  /** Names of the calls that this run has reserved. */
  readonly #own = new Set<string>();
  #expected: readonly PlannedCall[] = [];
  /** Reserved together with another call, and not made yet. */
  #ahead: LedgerCall[] = [];

  constructor(parts: PaymentParts) {
    this.#parts = parts;
  }

  expect(calls: readonly PlannedCall[]): void {
    this.#expected = calls;
  }

  async pay<T>(
    call: PlannedCall,
    perform: () => Promise<Result<T>>,
    charge: (value: T) => Charge,
    chargeFailed?: (failure: Failure) => Charge | null,
  ): Promise<Result<T>> {
    const { clock, lease } = this.#parts;
    const now = clock.now();
    const reserved = await this.#reserve(call, now);
    if (!reserved.ok) return reserved;
    const reservation = await this.#intend(reserved.value, call.intentId);
    if (!reservation.ok) return reservation;
    const held: Result<void> = await lease.ensureHeld();
    if (!held.ok) return this.#notMade(reservation.value, held.failure);
    const started = clock.monotonicSeconds();
    const answer = await perform();
    const seconds = Math.round((clock.monotonicSeconds() - started) * 1000) / 1000;
    if (!answer.ok) {
      this.#settleFailed(reservation.value, answer.failure, chargeFailed?.(answer.failure) ?? null, seconds);
      return answer;
    }
    const cost = chargeOf(charge(answer.value));
    this.#settle(reservation.value, { outcome: 'succeeded', seconds, ...cost });
    // Dearer than it could be: that must not be forgotten, should the run be killed now.
    if (cost.cost_usd > reservation.value.reserved_usd) await this.#parts.ledger.save();
    return answer;
  }

  async charged(id: GenerationId, taskId: string, costUsd: number): Promise<void> {
    const { journal, ledger, log } = this.#parts;
    const read = await journal.read(id);
    if (!read.ok) return;
    const { entries } = read.value;
    const ordered = entries.findLast((entry) => entry.type === 'settled' && entry.task_id === taskId);
    const cost = ordered?.type === 'settled' ? callCost(entries, ordered.call) : null;
    // A task that an older tool ordered is in nobody's journal.
    if (cost === null) return;
    const known = await this.#find(cost.call, (cost.intent ?? cost.settled)?.at_utc.slice(0, 7) ?? '');
    if (known === null) return;
    const reservedUsd = known.reserved_usd;
    if (!isBelievable(costUsd, reservedUsd)) {
      const facts = { id, taskId, costUsd, reservedUsd };
      log.warn('The provider names a cost that cannot be right; the estimate stays', facts);
      return;
    }
    if (!cost.measured || cost.costUsd !== costUsd)
      journal.note(id, { type: 'corrected', call: cost.call, cost_usd: costUsd, task_id: taskId });
    if (!known.measured || known.cost_usd !== costUsd)
      ledger.put(known.at_utc.slice(0, 7), { ...known, cost_usd: costUsd, measured: true });
  }

  async finish(): Promise<void> {
    const { ledger, log } = this.#parts;
    this.#giveBack();
    let saved = await ledger.save();
    if (!saved.ok && saved.failure.code === 'state_conflict') saved = await ledger.save();
    if (!saved.ok)
      log.warn('The ledger could not be completed; the next run does it', { failure: saved.failure });
  }

  /** Everything that counts is known, and the call fits. Gives the calls that were counted. */
  async #admit(call: PlannedCall, now: Date): Promise<Result<readonly LedgerCall[]>> {
    const { budgets, journal } = this.#parts;
    const counted = await this.#counted(call.id, now);
    if (!counted.ok) return counted;
    const stop = budgetStop(budgets, spendingOf(counted.value, call.id, now), call.reserveUsd, now);
    if (stop === null) return counted;
    const { message, advice } = describeStop(stop, `${call.stage} by ${call.provider}`);
    journal.note(call.id, { type: 'note', text: message });
    const frees = stop.freesAt === null ? null : (Date.parse(stop.freesAt) - now.getTime()) / 1000;
    const when = frees === null ? {} : ({ retry: 'after', retryAfterSeconds: frees } as const);
    return failure('budget_reached', message, { id: call.id }, { ...when, advice, budget: stop });
  }

  /**
   * The calls of this month, and, where a post's budget asks for them, of the months before. Without those that are
   * reserved ahead: a call that may never be made must not keep one that is due from being made.
   */
  async #counted(id: GenerationId, now: Date): Promise<Result<readonly LedgerCall[]>> {
    const month = monthOf(now);
    const calls = await this.#callsOf(month);
    if (!calls.ok) return calls;
    if (calls.value.length >= MOST_CALLS) {
      const full = `${month} already has ${MOST_CALLS} paid calls, and more are not kept count of`;
      return failure('budget_reached', full, { id });
    }
    const counted = [...calls.value];
    for (const earlier of this.#parts.budgets.perPost === null ? [] : monthsOf(id, month)) {
      const before = await this.#callsOf(earlier);
      if (!before.ok) return before;
      counted.push(...before.value);
    }
    const ahead = new Set(this.#ahead.map(({ call }) => call));
    return success(counted.filter(({ call }) => !ahead.has(call)));
  }

  async #callsOf(month: string): Promise<Result<readonly LedgerCall[]>> {
    const { ledger } = this.#parts;
    const calls = await ledger.read(month);
    if (!calls.ok || this.#reviewed.has(month)) return calls;
    this.#reviewed.add(month);
    for (const call of calls.value) await this.#review(month, call);
    return ledger.read(month);
  }

  /** A reservation of a run that is dead: its post's journal knows how far it came. */
  async #review(month: string, call: LedgerCall): Promise<void> {
    if (call.state !== 'reserved' || this.#own.has(call.call)) return;
    const { journal, ledger } = this.#parts;
    const read = await journal.read(call.id);
    // It goes on counting as spent.
    if (!read.ok) return;
    const { entries } = read.value;
    const cost = callCost(entries, call.call);
    if (cost?.settled) {
      const { outcome: state } = cost.settled;
      if (state === 'refused') return ledger.remove(month, call.call);
      return ledger.put(month, { ...call, state, cost_usd: cost.costUsd, measured: cost.measured });
    }
    // A journal without intents was lost, or never saved: it cannot say that the call was not made.
    const isKept = entries.some((entry) => entry.type === 'intent');
    if (cost === null && isKept) return ledger.remove(month, call.call);
    const lost = { cost_usd: call.reserved_usd, measured: false } as const;
    ledger.put(month, { ...call, state: 'unknown', ...lost });
    const detail = 'an earlier run ended before it noted the outcome';
    journal.note(call.id, {
      type: 'settled',
      call: call.call,
      outcome: 'unknown',
      ...lost,
      seconds: 0,
      detail,
    });
  }

  /** One write for the call and for those that are expected after it; none when the call is one of those. */
  async #reserve(call: PlannedCall, now: Date): Promise<Result<LedgerCall>> {
    const { ledger } = this.#parts;
    const admitted = await this.#admit(call, now);
    if (!admitted.ok) return admitted;
    const ahead = this.#takeAhead(call, now);
    if (ahead !== null) return success(ahead);
    this.#giveBack();
    const reservation = this.#enter(call, now);
    await this.#reserveAhead(reservation, admitted.value, now);
    const saved = await ledger.save();
    if (saved.ok) return success(reservation);
    ledger.remove(monthOf(now), reservation.call);
    this.#giveBack();
    return saved;
  }

  async #reserveAhead(first: LedgerCall, counted: readonly LedgerCall[], now: Date): Promise<void> {
    const { budgets, journal } = this.#parts;
    const known = await journal.read(first.id);
    // Without an intent in the journal a reservation counts as one whose call was never made; an empty journal cannot say so.
    if (!known.ok || !known.value.entries.some((entry) => entry.type === 'intent')) return;
    const rest = [...this.#expected];
    const same = rest.findIndex((expected) => isSame(expected, first));
    if (same >= 0) rest.splice(0, same + 1);
    const all = [...counted, first];
    for (const expected of rest) {
      if (expected.id !== first.id) return;
      if (budgetStop(budgets, spendingOf(all, expected.id, now), expected.reserveUsd, now) !== null) return;
      const ahead = this.#enter(expected, now);
      this.#ahead.push(ahead);
      all.push(ahead);
    }
  }

  #enter(call: PlannedCall, now: Date): LedgerCall {
    const { id, kind, stage, provider, model, reserveUsd } = call;
    const reservation: LedgerCall = {
      call: this.#parts.random.identifier(),
      at_utc: formatTimestamp(now),
      id,
      kind,
      stage,
      provider,
      model,
      state: 'reserved',
      reserved_usd: reserveUsd,
      cost_usd: reserveUsd,
      measured: false,
    };
    this.#own.add(reservation.call);
    this.#parts.ledger.put(monthOf(now), reservation);
    return reservation;
  }

  /** Null: nothing was reserved for it, or too little, or on another day than the one that it counts for. */
  #takeAhead(call: PlannedCall, now: Date): LedgerCall | null {
    const day = dayOf(now);
    const index = this.#ahead.findIndex(
      (ahead) => isSame(call, ahead) && ahead.reserved_usd >= call.reserveUsd && ahead.at_utc.startsWith(day),
    );
    const [ahead] = index < 0 ? [] : this.#ahead.splice(index, 1);
    if (ahead === undefined) return null;
    const exact = { ...ahead, reserved_usd: call.reserveUsd, cost_usd: call.reserveUsd };
    this.#parts.ledger.put(ahead.at_utc.slice(0, 7), exact);
    return exact;
  }

  #giveBack(): void {
    for (const ahead of this.#ahead) this.#parts.ledger.remove(ahead.at_utc.slice(0, 7), ahead.call);
    this.#ahead = [];
  }

  async #intend(reservation: LedgerCall, intentId?: string): Promise<Result<LedgerCall>> {
    const { journal } = this.#parts;
    const { call, id, kind, stage, provider, model, reserved_usd } = reservation;
    const intent = intentId === undefined ? {} : { intent_id: intentId };
    journal.note(id, { type: 'intent', call, kind, stage, provider, model, reserved_usd, ...intent });
    const saved = await journal.save();
    return saved.ok ? success(reservation) : this.#notMade(reservation, saved.failure);
  }

  #notMade(reservation: LedgerCall, reason: Failure): { readonly ok: false; readonly failure: Failure } {
    const detail = `the call was not made: ${reason.message}`;
    this.#settle(reservation, { outcome: 'refused', cost_usd: 0, measured: false, seconds: 0, detail });
    return { ok: false, failure: reason };
  }

  #settleFailed(reservation: LedgerCall, failed: Failure, known: Charge | null, seconds: number): void {
    const outcome = outcomeOf(failed);
    const detail = failed.message;
    const cost =
      outcome === 'failed' && known !== null
        ? chargeOf(known)
        : { cost_usd: outcome === 'refused' ? 0 : reservation.reserved_usd, measured: false };
    this.#settle(reservation, { outcome, ...cost, seconds, detail });
  }

  #settle(reservation: LedgerCall, settled: Settled): void {
    const { journal, ledger } = this.#parts;
    const month = reservation.at_utc.slice(0, 7);
    journal.note(reservation.id, { type: 'settled', call: reservation.call, ...settled });
    const { outcome: state, cost_usd, measured } = settled;
    if (state === 'refused') ledger.remove(month, reservation.call);
    else ledger.put(month, { ...reservation, state, cost_usd, measured });
  }

  /** The reservation may have been made in the last moment of the month before its intent. */
  async #find(call: string, month: string): Promise<LedgerCall | null> {
    for (const name of [month, monthBefore(month)]) {
      const calls = await this.#callsOf(name);
      if (!calls.ok) return null;
      const found = calls.value.find((entry) => entry.call === call);
      if (found) return found;
    }
    return null;
  }
}

type Settled = Omit<Extract<JournalEntry, { type: 'settled' }>, 'type' | 'call' | 'at_utc'>;

function isSame(
  one: Pick<PlannedCall, 'id' | 'kind' | 'stage' | 'provider' | 'model'>,
  other: Pick<LedgerCall, 'id' | 'kind' | 'stage' | 'provider' | 'model'>,
): boolean {
  return (['id', 'kind', 'stage', 'provider', 'model'] as const).every((name) => one[name] === other[name]);
}

function chargeOf({ costUsd, measured, taskId }: Charge): Pick<Settled, 'cost_usd' | 'measured' | 'task_id'> {
  return { cost_usd: costUsd, measured, ...(taskId === undefined ? {} : { task_id: taskId }) };
}

function isBelievable(costUsd: number, reservedUsd: number): boolean {
  return costUsd === 0 || (costUsd >= reservedUsd * BELIEVED.least && costUsd <= reservedUsd * BELIEVED.most);
}

/** `refused`: nothing happened. `failed`: it was answered, and charged, but the answer is useless. `unknown`: nobody knows. */
function outcomeOf(failed: Failure): 'refused' | 'failed' | 'unknown' {
  if (failed.effect === 'refused') return 'refused';
  return failed.code === 'provider_outcome_unknown' ? 'unknown' : 'failed';
}
