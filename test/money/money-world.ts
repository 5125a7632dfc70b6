/**
 * A mill that does nothing but pay, in a world that keeps its own books: what providers really charged is written down on
 * their side, so that budgets are judged by the bill and not by what the program believes. Processes die at any store
 * request and inside any call; whatever they held in memory is gone.
 */
import { createMemoryStore } from '../../src/adapters/memory/memory-store.ts';
import type { Budgets } from '../../src/domain/budget.ts';
import { failure, success, type Failure, type Result } from '../../src/domain/failure.ts';
import type { GenerationId } from '../../src/domain/generation-id.ts';
import { monthOf, type LedgerCall } from '../../src/domain/ledger.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Journal } from '../../src/ports/journal.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { Payments, PlannedCall } from '../../src/ports/payments.ts';
import { createJournalStore } from '../../src/runtime/journal-store.ts';
import { createLedgerStore, readLedger } from '../../src/runtime/ledger-store.ts';
import { createPayments } from '../../src/runtime/payments.ts';

export const POSTS = ['20261130-2030', '20261201-2030'] as readonly string[] as readonly GenerationId[];

/** What is paid for a post: stage, kind and the most it can cost, in hundredths of a dollar. */
export const STAGES = [
  ['topic', 'text', 1],
  ['text', 'text', 2],
  ['scene', 'text', 3],
  ['image', 'image', 7],
  ['judge', 'judge', 4],
  ['video', 'video', 50],
] as const;

export type Outcome =
  | 'measured'
  | 'unmeasured'
  | 'refused'
  | 'bad'
  | 'unknown-charged'
  | 'unknown-free'
  | 'dies-charged'
  | 'dies-free';

/** One line of the providers' bill. */
export interface Charged {
  readonly at: Date;
  readonly post: GenerationId;
  readonly reserveUsd: number;
  costUsd: number;
  readonly taskId: string;
}

/** The process is gone: nothing after this happens. */
class Killed extends Error {}

export class MoneyWorld {
  readonly budgets: Budgets;
  readonly bill: Charged[] = [];
  /** Calls that were let through, whether or not they reached the provider. */
  readonly attempts: {
    readonly post: GenerationId;
    readonly reserveUsd: number;
    readonly at: Date;
    over: number;
  }[] = [];
  time = Date.parse('2026-11-30T20:30:00Z');
  /** Dies before or after its n-th request to the store from now. */
  dying: { requests: number; readonly side: 'before' | 'after' } | null = null;
  /** What becomes of the next write. */
  nextWrite: 'refused' | 'lost' | null = null;
  leaseHeld = true;
  readonly disk: ObjectStore;
  /** Keys of all writes that were tried, in their order. */
  readonly writes: string[] = [];
  readonly warnings: string[] = [];
  run: { readonly payments: Payments; readonly journal: Journal };
  #names = 0;

  constructor(budgets: Budgets, conditionalWrites: boolean) {
    this.budgets = budgets;
    this.disk = createMemoryStore({ conditionalWrites, now: () => new Date(this.time) });
    this.run = this.#start();
  }

  /** What the store itself holds, as anybody else would read it. */
  async stored(month: string): Promise<readonly LedgerCall[]> {
    const read = await readLedger(this.disk, month);
    if (!read.ok) throw new Error(read.failure.message);
    return read.value ?? [];
  }

  /** Null: the process died of it. */
  async pay(
    post: number,
    stage: number,
    outcome: Outcome,
    share: number,
    over: boolean,
  ): Promise<Failure | 'paid' | null> {
    const call = plannedCall(post, stage);
    const calm = this.dying === null && this.nextWrite === null && this.leaseHeld;
    const costUsd = call.reserveUsd * (over && calm && outcome === 'measured' ? 1 + share : share);
    this.#names += 1;
    const taskId = `task-${this.#names}`;
    const attempt = {
      post: call.id,
      reserveUsd: call.reserveUsd,
      at: new Date(this.time),
      over: Math.max(0, costUsd - call.reserveUsd),
    };
    this.attempts.push(attempt);
    const charge = (): void => {
      if (outcome === 'refused' || outcome.endsWith('-free')) return;
      this.bill.push({
        at: new Date(this.time),
        post: call.id,
        reserveUsd: call.reserveUsd,
        costUsd,
        taskId,
      });
    };
    const perform = async (): Promise<Result<string>> => {
      charge();
      if (outcome.startsWith('dies')) throw new Killed();
      if (outcome === 'refused') return failure('provider_unavailable', 'busy', {});
      if (outcome === 'bad') return failure('provider_bad_answer', 'no JSON', {});
      if (outcome.startsWith('unknown')) return failure('provider_outcome_unknown', 'no answer', {});
      return success(taskId);
    };
    const measured = outcome === 'measured';
    const paid = await this.#alive(() =>
      this.run.payments.pay(call, perform, () => ({
        costUsd: measured ? costUsd : call.reserveUsd,
        measured,
        taskId,
      })),
    );
    if (paid === null) return null;
    if (paid.ok) return 'paid';
    if (paid.failure.code === 'budget_reached') this.attempts.splice(this.attempts.indexOf(attempt), 1);
    return paid.failure;
  }

  expectFrom(post: number, stage: number): void {
    this.run.payments.expect(STAGES.slice(stage).map((_, index) => plannedCall(post, stage + index)));
  }

  /** The provider of one of the tasks says that it cost less in the end. */
  async correct(index: number, share: number): Promise<void> {
    const charged = this.bill[index % Math.max(1, this.bill.length)];
    if (!charged || charged.costUsd > charged.reserveUsd) return;
    charged.costUsd = share < 0.2 ? 0 : Math.min(charged.costUsd, charged.reserveUsd * share);
    await this.#alive(() => this.run.payments.charged(charged.post, charged.taskId, charged.costUsd));
  }

  /** Ends the run well, and begins the next. */
  async nextRun(): Promise<void> {
    await this.#alive(async () => {
      await this.run.journal.save();
      await this.run.payments.finish();
    });
    this.#begin();
  }

  async #alive<T>(act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.#begin();
      return null;
    }
  }

  #begin(): void {
    this.dying = null;
    this.nextWrite = null;
    this.leaseHeld = true;
    this.run = this.#start();
  }

  #start(): { payments: Payments; journal: Journal } {
    const clock: Clock = {
      now: () => new Date(this.time),
      monotonicSeconds: () => this.time / 1000,
      sleep: async () => {},
    };
    const store = this.#faulty();
    const journal = createJournalStore(store, clock, (text) => text);
    const payments = createPayments({
      journal,
      ledger: createLedgerStore(store),
      budgets: this.budgets,
      lease: {
        ensureHeld: async () => (this.leaseHeld ? success(undefined) : failure('lease_lost', 'gone', {})),
      },
      clock,
      random: { next: () => 0.5, identifier: () => `call-${(this.#names += 1)}` },
      log: { warn: (message) => void this.warnings.push(message) },
    });
    return { payments, journal };
  }

  #faulty(): ObjectStore {
    const disk = this.disk;
    const request = async <T>(effect: () => Promise<T>): Promise<T> => {
      const { dying } = this;
      if (dying) dying.requests -= 1;
      if (dying?.requests === 0 && dying.side === 'before') throw new Killed();
      const done = await effect();
      if (dying?.requests === 0) throw new Killed();
      return done;
    };
    return {
      ...disk,
      description: disk.description,
      capabilities: () => disk.capabilities(),
      get: (key, maxBytes) => request(() => disk.get(key, maxBytes)),
      put: (key, source, options) =>
        request(async () => {
          const fault = this.nextWrite;
          this.nextWrite = null;
          this.writes.push(key);
          if (fault === 'refused')
            return failure('store_unavailable', 'throttled', { key }, { effect: 'refused' });
          const put = await disk.put(key, source, options);
          return fault === 'lost' ? failure('store_unavailable', 'no answer', { key }) : put;
        }),
    };
  }
}

export function plannedCall(post: number, stage: number): PlannedCall {
  const [name, kind, cents] = STAGES[stage % STAGES.length] ?? STAGES[0];
  const id = POSTS[post % POSTS.length] as GenerationId;
  return { id, kind, stage: name, provider: 'someone', model: 'some', reserveUsd: cents / 100 };
}

/** The periods that budgets count, each with its ceiling and what the providers charged in it. */
export function periodsOf(world: MoneyWorld): { name: string; limit: number; bill: readonly Charged[] }[] {
  const { perDay, perMonth, perPost } = world.budgets;
  const by = (
    limit: number | null,
    key: (charged: Charged) => string,
  ): { name: string; limit: number; bill: Charged[] }[] =>
    limit === null ? [] : [...Map.groupBy(world.bill, key)].map(([name, bill]) => ({ name, limit, bill }));
  return [
    ...by(perDay, ({ at }) => at.toISOString().slice(0, 10)),
    ...by(perMonth, ({ at }) => monthOf(at)),
    ...by(perPost, ({ post }) => post),
  ];
}
