/**
 * I1 on any bucket: a lease by put-then-list, which needs no conditional writes (the shape of the locks of restic and
 * borg). Every run puts a ticket under a key of its own, then lists all tickets; whoever sees another live one withdraws.
 * Of two runs at least the later one to put sees the earlier, so both can withdraw but both can never stay.
 *
 * Ages are differences between times that the store itself wrote (the own ticket, just put, tells its present), so the
 * clocks of two runners need not agree. The holder counts on its own clocks, by the one that makes more of it (`stopwatch`),
 * from before its last write was sent, and stops `clockBoundSeconds` before others may take over. What is assumed: over
 * one term one of the runner's clocks and the store's run at the same speed to within `clockBoundSeconds`, a list shows
 * every acknowledged put, and no request is under way for longer than `requestSeconds`.
 *
 * A store whose clock was ahead and is set right keeps tickets of killed runs that are dated in the future. One that lay
 * there before the own ticket was put and is dated well after it proves that, and counts as dead: else the channel would
 * stand still until the clock has caught up (I4). That a clock is set back while a run holds the lease is part of what
 * is assumed not to happen.
 */
import { failure, success, type Result } from '../domain/failure.ts';
import { isAheadOfClocks } from '../domain/timestamp.ts';
import { countdown, type Clock, type Countdown } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import { collectList, type ObjectInfo, type ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';

export const TICKET_FOLDER = 'locks/';

export interface LeaseSettings {
  /** How long a ticket counts without being renewed. */
  readonly termSeconds: number;
  readonly clockBoundSeconds: number;
  /**
   * The longest that the store may work on one request, repetitions included. What is sent in the last `requestSeconds`
   * of a term could arrive after it, so nothing is sent then.
   */
  readonly requestSeconds: number;
  /** The longest that the run may be busy between two checks of its lease; after each, so much of the term is left. */
  readonly workSeconds: number;
  /** Between putting the ticket and looking again; for stores that show a write a moment late. */
  readonly pauseSeconds: number;
}

/** Beyond this, a request fails rather than to go on: a large upload over a slow line takes minutes, a document seconds. */
const LONGEST_REQUEST_SECONDS = 360;

/** What is left for one request, so that a renewal and what it was made for both fit into a term. */
export function requestSecondsOf(termSeconds: number, clockBoundSeconds: number): number {
  return Math.max(1, Math.min(LONGEST_REQUEST_SECONDS, Math.floor((termSeconds - clockBoundSeconds) / 2)));
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
  /** After it others may believe that we are gone; `null`: not held. */
  #term: Countdown | null = null;
  /**
   * After it an attempt leaves the key alone: others may then take the first ticket for dead, and the one who sweeps it
   * would sweep a later one of the same name.
   */
  #keyTerm: Countdown | null = null;

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
      if (tried.value !== 'contended')
        return success(
          'at' in tried.value
            ? { acquired: true, owner: this.#owner, at: tried.value.at }
            : { acquired: false, ...tried.value },
        );
      if (attempt === ATTEMPTS)
        return success({ acquired: false, holder: 'another run that started at the same moment' });
      await clock.sleep((0.2 + random.next()) * 2 ** attempt);
    }
  }

  async ensureHeld(): Promise<Result<void>> {
    const { settings } = this.#parts;
    if (this.#left() <= 0) return this.#lost();
    const { requestSeconds, termSeconds, workSeconds } = settings;
    const due = this.#left() < Math.max(termSeconds / 2, requestSeconds, workSeconds);
    const renewed = due ? await this.#renew() : success(undefined);
    // A renewal that failed is tried again at the next check, as long as what is sent now still arrives within the term.
    return renewed.ok && this.#left() < settings.requestSeconds ? this.#lost() : renewed;
  }

  async release(): Promise<void> {
    if (this.#term !== null) await this.#withdraw();
  }

  async #putTicket(): Promise<Result<void>> {
    const { clock, settings, store } = this.#parts;
    const term = this.#newTerm();
    const body = new TextEncoder().encode(
      `${JSON.stringify({ owner: this.#owner, holder: this.#parts.holder, renewed_at_utc: clock.now().toISOString(), term_seconds: settings.termSeconds })}\n`,
    );
    const put = await store.put(this.#key, { bytes: body }, { contentType: 'application/json' });
    if (!put.ok) return put;
    this.#term = term;
    return success(undefined);
  }

  /** From now, for a ticket that is sent after it. */
  #newTerm(): Countdown {
    const { clock, settings } = this.#parts;
    return countdown(clock, settings.termSeconds - settings.clockBoundSeconds);
  }

  async #withdraw(): Promise<void> {
    this.#term = null;
    await this.#parts.store.delete(this.#key);
  }

  /**
   * The other live tickets, by the store's clock when the own ticket tells it, else by ours. Dead ones are swept.
   * `earlier`: what lay there before the own ticket was put; null at the first look, which decides nothing but whether
   * there is any use in putting it.
   */
  async #others(earlier: readonly ObjectInfo[] | null): Promise<Result<Look>> {
    const { clock, settings, store } = this.#parts;
    const listed = await collectList(store, TICKET_FOLDER, MAX_TICKETS);
    if (!listed.ok) return listed;
    const tickets = listed.value.filter((ticket) => ticket.key.endsWith('.json'));
    const own = tickets.find((ticket) => ticket.key === this.#key);
    const present = own?.lastModified ?? clock.now();
    const longest = (settings.termSeconds + settings.clockBoundSeconds) * 1000;
    const foreign = tickets.filter((ticket) => ticket.key !== this.#key);
    const isAhead = (ticket: ObjectInfo): boolean =>
      earlier === null
        ? isAheadOfClocks(ticket.lastModified, clock.now())
        : own !== undefined &&
          isAheadOfClocks(ticket.lastModified, own.lastModified) &&
          earlier.some((known) => isSameTicket(known, ticket));
    const isLive = (ticket: ObjectInfo): boolean =>
      present.getTime() - ticket.lastModified.getTime() <= longest && !isAhead(ticket);
    return success({
      live: foreign.filter(isLive),
      dead: foreign.filter((ticket) => !isLive(ticket)),
      own: own ?? null,
    });
  }

  async #tryOnce(): Promise<
    Result<'contended' | { readonly at: Date } | { readonly holder: string; readonly freeAt?: Date }>
  > {
    const { clock, settings, store } = this.#parts;
    const before = await this.#others(null);
    if (!before.ok) return before;
    const [holder] = before.value.live;
    if (holder) {
      const seconds = settings.termSeconds + settings.clockBoundSeconds;
      const freeAt = new Date(holder.lastModified.getTime() + seconds * 1000);
      return success({ holder: holder.key, freeAt });
    }
    this.#keyTerm ??= this.#newTerm();
    if (this.#keyTerm() <= 0)
      return success({ holder: 'nobody; this run was suspended while it asked, and leaves it to the next' });
    const put = await this.#putTicket();
    if (!put.ok) {
      await this.#withdraw();
      return put;
    }
    if (settings.pauseSeconds > 0) await clock.sleep(settings.pauseSeconds);
    const after = await this.#others(before.value.dead);
    if (!after.ok || after.value.live.length > 0 || after.value.own === null || this.#left() <= 0) {
      await this.#withdraw();
      return after.ok ? success('contended') : after;
    }
    for (const ticket of after.value.dead) await store.delete(ticket.key);
    return success({ at: after.value.own.lastModified });
  }

  /** Seconds in which the lease is surely ours; none when it is not held. */
  #left(): number {
    return this.#term?.() ?? 0;
  }

  async #renew(): Promise<Result<void>> {
    const before = this.#term;
    const put = await this.#putTicket();
    if (!put.ok) {
      this.#term = before;
      return success(undefined);
    }
    // A renewal that was sent in time but arrived after the old term may have come after a takeover.
    if (before === null || before() <= 0) {
      await this.#withdraw();
      return this.#lost();
    }
    return success(undefined);
  }

  #lost(): Result<never> {
    this.#term = null;
    // Only the time is known to have run out; whether another run has come since, nobody here can say.
    return failure(
      'lease_lost',
      'The run’s lease ran out before it could be renewed, so that it may no longer act on the channel',
      { key: this.#key },
      {
        advice:
          'This run wrote nothing more; the next one goes on from what is saved. If no machine slept and it comes again, raise WORKFLOW.lease_seconds.',
      },
    );
  }
}

interface Look {
  readonly live: readonly ObjectInfo[];
  readonly dead: readonly ObjectInfo[];
  readonly own: ObjectInfo | null;
}

/** A renewed ticket is another one: its run is alive. */
function isSameTicket(one: ObjectInfo, other: ObjectInfo): boolean {
  return one.key === other.key && one.lastModified.getTime() === other.lastModified.getTime();
}
