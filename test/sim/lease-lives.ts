/** What the runs of the lease model do: the lease alone, and the whole lock with the fence and the public document. */
import { ChannelLock } from '../../src/runtime/channel-lock.ts';
import { fenceStore } from '../../src/runtime/fenced-store.ts';
import { StateStore } from '../../src/runtime/state-store.ts';
import { createTicketLease } from '../../src/runtime/ticket-lease.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Lease } from '../../src/ports/lease.ts';
import type { Log } from '../../src/ports/log.ts';
import { success } from '../../src/domain/failure.ts';
import type { ObjectInfo, ObjectStore } from '../../src/ports/object-store.ts';
import { BOUND, ownerOf, REQUEST, TERM, type Life, type Model } from './lease-model.ts';
import { SETTINGS, STALE_FLAG_SECONDS } from './settings.ts';

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ACTS = 2;

/** A lease that a run of the model uses; the broken ones are the real one on a store or clock that hides something from it. */
export type MakeLease = (model: Model, run: number) => Lease;

function leaseOn(store: ObjectStore, clock: Clock, run: number): Lease {
  return createTicketLease({
    store,
    clock,
    random: { next: () => 0.5, identifier: () => ownerOf(run) },
    holder: 'the model',
    settings: {
      termSeconds: TERM,
      clockBoundSeconds: BOUND,
      requestSeconds: REQUEST,
      workSeconds: REQUEST,
      pauseSeconds: 0.2,
    },
  });
}

export const realLease: MakeLease = (model, run) => leaseOn(model.store(run), model.clock(run), run);

/** Looks before it puts its ticket, and not again: what it is shown afterwards is its own ticket alone. */
export const withoutSecondLook: MakeLease = (model, run) => {
  const store = model.store(run);
  let own: ObjectInfo | null = null;
  const blind: ObjectStore = {
    ...store,
    put: async (key, source, options) => {
      const put = await store.put(key, source, options);
      if (put.ok) own = put.value;
      return put;
    },
    async *list(prefix) {
      if (own === null) yield* store.list(prefix);
      else yield success(own);
    },
  };
  return leaseOn(blind, model.clock(run), run);
};

/** Believes for ever that it holds what it once held. */
export const withoutExpiry: MakeLease = (model, run) => {
  const lease = realLease(model, run);
  return {
    acquire: () => lease.acquire(),
    ensureHeld: () => Promise.resolve(success(undefined)),
    release: () => lease.release(),
  };
};

/** Its wall clock stands still with the monotonic one while the machine is suspended. */
export const countedByMonotonicClock: MakeLease = (model, run) => {
  const clock = model.clock(run);
  const now = (): Date => new Date(clock.monotonicSeconds() * 1000);
  return leaseOn(model.store(run), { ...clock, now }, run);
};

/** Renews by taking its ticket away and putting a new one. */
export const renewedByDelete: MakeLease = (model, run) => {
  const store = model.store(run);
  let puts = 0;
  const careless: ObjectStore = {
    ...store,
    put: async (key, source, options) => {
      puts += 1;
      if (puts > 1) await store.delete(key);
      return store.put(key, source, options);
    },
  };
  return leaseOn(careless, model.clock(run), run);
};

/** Takes the lease, acts while it holds, gives it back. */
export function leaseLife(makeLease: MakeLease): Life {
  return async (model, run) => {
    const lease = makeLease(model, run);
    const taken = await lease.acquire();
    if (!taken.ok || !taken.value.acquired) return;
    for (let act = 0; act < ACTS; act += 1) {
      await model.work(run);
      if (!(await lease.ensureHeld()).ok) return;
      model.act(run);
    }
    await lease.release();
  };
}

/** The same with everything that the runtime puts around the lease; an act is a write that the store has taken. */
export function lockLife(makeLease: MakeLease): Life {
  return async (model, run) => {
    const clock = model.clock(run);
    const lease = makeLease(model, run);
    const store = fenceStore(model.store(run), lease);
    const state = new StateStore(store, SETTINGS.documents, clock);
    const parts = { lease, state, clock, log: SILENT, leaseSeconds: TERM, staleSeconds: STALE_FLAG_SECONDS };
    const lock = new ChannelLock(parts);
    const taken = await lock.acquire();
    if (!taken.ok || !taken.value.held) return;
    const raised = await lock.raise();
    if (raised.ok)
      await store.put('a post', { bytes: new Uint8Array() }, { contentType: 'application/json' });
    await lock.release();
  };
}
