/**
 * I1 on any bucket: a lease by put-then-list, which needs no conditional writes (the shape of the locks of restic and
 * borg). Every run puts a ticket under a key of its own, then lists all tickets; whoever sees another live one withdraws.
 * Of two runs at least the later one to put sees the earlier, so both can withdraw but both can never stay.
 *
 * Ages are differences between times that the store itself wrote (the own ticket, just put, tells its present), so the
 * clocks of two runners need not agree. The holder counts on its own monotonic clock, from before its last write was
 * sent, and stops `clockBoundSeconds` before others may take over. What is assumed: over one term the runners' and the
 * store's clocks run at the same speed to within `clockBoundSeconds`, and a list shows every acknowledged put.
 */
import { failure, success, type Result } from '../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import { collectList, type ObjectInfo, type ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';

export const TICKET_FOLDER = 'locks/';

export interface LeaseSettings {
  /** How long a ticket counts without being renewed. */
  readonly termSeconds: number;
  readonly clockBoundSeconds: number;
  /** Between putting the ticket and looking again; for stores that show a write a moment late. */
  readonly pauseSeconds: number;
}

const ATTEMPTS = 4;
const MAX_TICKETS = 10_000;

export interface LeaseParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: LeaseSettings;
  /** For people who look into the bucket: which machine and program. Never a secret. */
  readonly holder: string;
}

export function createTicketLease(parts: LeaseParts): Lease {
  return new TicketLease(parts);
}

class TicketLease implements Lease {
  readonly #parts: LeaseParts;
  readonly #owner: string;
  readonly #key: string;
  /** Monotonic second from which on others may believe that we are gone; `null`: not held. */
  #heldUntil: number | null = null;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#owner = parts.random.identifier();
    this.#key = `${TICKET_FOLDER}${this.#owner}.json`;
  }

  async acquire(): ReturnType<Lease['acquire']> {
    const { clock, random } = this.#parts;
    for (let attempt = 1; ; attempt += 1) {
      const tried = await this.#tryOnce();
      if (!tried.ok) return tried;
      if (tried.value === 'held') return success({ acquired: true, owner: this.#owner });
      if (tried.value !== 'contended') return success({ acquired: false, holder: tried.value.holder });
      if (attempt === ATTEMPTS)
        return success({ acquired: false, holder: 'another run that started at the same moment' });
      await clock.sleep((0.2 + random.next()) * 2 ** attempt);
    }
  }

  async ensureHeld(): Promise<Result<void>> {
    const { clock, settings } = this.#parts;
    if (!this.#isCurrent()) return this.#lost();
    const left = (this.#heldUntil ?? 0) - clock.monotonicSeconds();
    return left < settings.termSeconds / 2 ? this.#renew() : success(undefined);
  }

  async release(): Promise<void> {
    if (this.#heldUntil !== null) await this.#withdraw();
  }

  async #putTicket(): Promise<Result<void>> {
    const { clock, settings, store } = this.#parts;
    const before = clock.monotonicSeconds();
    const body = new TextEncoder().encode(
      `${JSON.stringify({ owner: this.#owner, holder: this.#parts.holder, renewed_at_utc: clock.now().toISOString(), term_seconds: settings.termSeconds })}\n`,
    );
    const put = await store.put(this.#key, { bytes: body }, { contentType: 'application/json' });
    if (!put.ok) return put;
    this.#heldUntil = before + settings.termSeconds - settings.clockBoundSeconds;
    return success(undefined);
  }

  async #withdraw(): Promise<void> {
    this.#heldUntil = null;
    await this.#parts.store.delete(this.#key);
  }

  /** The other live tickets, by the store's clock when the own ticket tells it, else by ours. Dead ones are swept. */
  async #others(): Promise<Result<{ live: ObjectInfo[]; dead: ObjectInfo[]; ownSeen: boolean }>> {
    const { clock, settings, store } = this.#parts;
    const listed = await collectList(store, TICKET_FOLDER, MAX_TICKETS);
    if (!listed.ok) return listed;
    const tickets = listed.value.filter((ticket) => ticket.key.endsWith('.json'));
    const own = tickets.find((ticket) => ticket.key === this.#key);
    const present = (own?.lastModified ?? clock.now()).getTime();
    const longest = (settings.termSeconds + settings.clockBoundSeconds) * 1000;
    const foreign = tickets.filter((ticket) => ticket.key !== this.#key);
    const isLive = (ticket: ObjectInfo): boolean => present - ticket.lastModified.getTime() <= longest;
    return success({
      live: foreign.filter(isLive),
      dead: foreign.filter((ticket) => !isLive(ticket)),
      ownSeen: own !== undefined,
    });
  }

  async #tryOnce(): Promise<Result<'held' | 'contended' | { readonly holder: string }>> {
    const { clock, settings, store } = this.#parts;
    const before = await this.#others();
    if (!before.ok) return before;
    const [holder] = before.value.live;
    if (holder) return success({ holder: holder.key });
    const put = await this.#putTicket();
    if (!put.ok) {
      await this.#withdraw();
      return put;
    }
    if (settings.pauseSeconds > 0) await clock.sleep(settings.pauseSeconds);
    const after = await this.#others();
    if (!after.ok || after.value.live.length > 0 || !after.value.ownSeen || !this.#isCurrent()) {
      await this.#withdraw();
      return after.ok ? success('contended') : after;
    }
    for (const ticket of after.value.dead) await store.delete(ticket.key);
    return success('held');
  }

  #isCurrent(): boolean {
    return this.#heldUntil !== null && this.#parts.clock.monotonicSeconds() < this.#heldUntil;
  }

  async #renew(): Promise<Result<void>> {
    const before = this.#heldUntil;
    const put = await this.#putTicket();
    if (!put.ok) {
      // The old term still counts: a failed renewal is tried again at the next check, until the term is over.
      this.#heldUntil = before;
      return this.#isCurrent() ? success(undefined) : this.#lost();
    }
    // A renewal that was sent in time but arrived after the old term may have come after a takeover.
    if (before === null || this.#parts.clock.monotonicSeconds() >= before) {
      await this.#withdraw();
      return this.#lost();
    }
    return success(undefined);
  }

  #lost(): Result<never> {
    this.#heldUntil = null;
    return failure('lease_lost', 'This run’s right to act on the channel has ended', { key: this.#key });
  }
}
