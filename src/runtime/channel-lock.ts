/**
 * M2, D12: the lease, and `processing_lock` as its mirror for other tools. The flag is raised before a run's first
 * effect, so that a check that only looks writes no new version of the document.
 */
import type { PublicDocument } from '../domain/channel-state.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import { formatTimestamp, isAheadOfClocks } from '../domain/timestamp.ts';
import { stopwatch, type Clock } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import type { Log } from '../ports/log.ts';
import type { StateStore } from './state-store.ts';

export interface ChannelLockParts {
  readonly lease: Lease;
  /** Reads and writes through the fence. */
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseSeconds: number;
  /** A flag that names no owner is honoured this long after the document's last write. */
  readonly staleSeconds: number;
}

export type Acquired =
  | { readonly held: true }
  /** `freeAt`: as `Lease` has it. */
  | { readonly held: false; readonly holder: string; readonly freeAt?: Date };

export class ChannelLock {
  readonly #parts: ChannelLockParts;
  #owner: string | null = null;
  /** When the lease was taken, by the store's clock, and how long ago that is, by ours. */
  #taken: { readonly at: Date; readonly passed: () => number } | null = null;
  #raised = false;
  /** A dead run's flag stood there when this run took the lease; whatever this run does, it is lowered in the end. */
  #inherited = false;

  constructor(parts: ChannelLockParts) {
    this.#parts = parts;
  }

  /** Takes the lease, then honours a flag that an older tool holds. Not held: nothing is left behind. */
  async acquire(): Promise<Result<Acquired>> {
    const { lease, state } = this.#parts;
    const taken = await lease.acquire();
    if (!taken.ok) return taken;
    if (!taken.value.acquired) {
      const { acquired: _not, ...by } = taken.value;
      return success({ held: false, ...by });
    }
    this.#owner = taken.value.owner;
    this.#taken = { at: taken.value.at, passed: stopwatch(this.#parts.clock) };
    const read = await state.readPublic();
    if (!read.ok) {
      await lease.release();
      return read;
    }
    const holder = this.#foreignHolder(read.value.value, read.value.lastModified);
    if (holder === null) {
      this.#inherited = read.value.value.processing_lock;
      return success({ held: true });
    }
    await lease.release();
    return success({ held: false, holder });
  }

  /** The store's present, once the lease has told it; before that, this machine's. */
  storeTime(): Date {
    const { clock } = this.#parts;
    if (this.#taken === null) return clock.now();
    const { at, passed } = this.#taken;
    return new Date(at.getTime() + passed() * 1000);
  }

  /** Idempotent. `lease_lost` when an older tool has raised the flag since this run looked. */
  async raise(): Promise<Result<void>> {
    if (this.#raised) return success(undefined);
    const { clock, leaseSeconds, state } = this.#parts;
    const raised = await state.updatePublic((document, lastModified) => {
      const holder = this.#foreignHolder(document, lastModified);
      if (holder !== null) return failure('lease_lost', `${holder} holds the channel`, {});
      const expires = new Date(clock.now().getTime() + leaseSeconds * 1000);
      const mirror = {
        lock_owner: this.#owner,
        lock_expires_at_utc: formatTimestamp(expires),
        lock_epoch: (document.lock_epoch ?? 0) + 1,
      };
      return success({ ...document, processing_lock: true, ...mirror });
    });
    if (!raised.ok) return raised;
    this.#raised = true;
    return success(undefined);
  }

  /** In every outcome that still runs code. What cannot be released now is taken over by the next run. */
  async release(): Promise<void> {
    const { lease, log, state } = this.#parts;
    if (this.#raised || this.#inherited) {
      const lowered = await state.updatePublic((document, lastModified) =>
        success(
          this.#mayLower(document, lastModified)
            ? { ...document, processing_lock: false, lock_owner: null, lock_expires_at_utc: null }
            : null,
        ),
      );
      if (lowered.ok) this.#raised = this.#inherited = false;
      else
        log.warn('The lock could not be released; the next run takes it over', { failure: lowered.failure });
    }
    await lease.release();
  }

  /** An older tool may have raised the flag again since this run looked. */
  #mayLower(document: PublicDocument, lastModified: Date | null): boolean {
    if (this.#raised) return document.lock_owner === this.#owner;
    return document.processing_lock && this.#foreignHolder(document, lastModified) === null;
  }

  /** A flag with an owner is one of ours, and we hold the lease: its run is dead. One without is an older tool’s. */
  #foreignHolder(document: PublicDocument, lastModified: Date | null): string | null {
    const { clock, log, staleSeconds } = this.#parts;
    if (!document.processing_lock || this.#raised) return null;
    if (document.lock_owner) {
      log.warn('An earlier run ended without releasing the lock; it is taken over', {
        owner: document.lock_owner,
      });
      return null;
    }
    const written = lastModified ?? this.storeTime();
    // Ahead by both clocks: one of them may have been set, or be wrong itself.
    if (isAheadOfClocks(written, this.storeTime()) && isAheadOfClocks(written, clock.now())) {
      log.warn('processing_lock names no owner and was raised by a clock that was ahead; it is taken over', {
        written: written.toISOString(),
      });
      return null;
    }
    const age = (this.storeTime().getTime() - written.getTime()) / 1000;
    if (age <= staleSeconds) return 'another tool (processing_lock without an owner)';
    log.warn('processing_lock names no owner and is old; it is taken over', {
      ageSeconds: Math.round(age),
      staleSeconds,
    });
    return null;
  }
}
