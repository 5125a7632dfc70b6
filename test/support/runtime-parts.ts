/** Clock, store, log and lease for tests of single parts of the runtime: the real ones, in memory and on a told clock. */
import { createMemoryStore, type MemoryStoreOptions } from '../../src/adapters/memory/memory-store.ts';
import { createWorkspace } from '../../src/adapters/system/workspace.ts';
import { VirtualClock } from '../../src/app/virtual-clock.ts';
import { success, type Result } from '../../src/domain/failure.ts';
import type { DocumentKeys } from '../../src/domain/settings.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Lease } from '../../src/ports/lease.ts';
import type { Log } from '../../src/ports/log.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { Random } from '../../src/ports/random.ts';
import type { MovingParts } from '../../src/steps/move-objects.ts';
import { createTicketLease, type LeaseSettings } from '../../src/runtime/ticket-lease.ts';

export const KEYS: DocumentKeys = {
  public: 'config/public.json',
  generation: 'config/gen.json',
  image: 'config/image.json',
  topicsTracker: 'data/topics.json',
};
export const FOLDERS = { fresh: '666/', middle: '555/', front: '444/', archive: 'archive/' };
export const TERM_SECONDS = 900;
export const BOUND_SECONDS = 30;
export const REQUEST_SECONDS = 360;
const WORK_SECONDS = 360;

export interface World {
  readonly clock: VirtualClock;
  readonly store: ObjectStore;
  readonly log: Log;
  /** What was said at `warn` and above. */
  readonly warnings: string[];
  /** Requests to the store. */
  readonly requests: string[];
  put(key: string, value: unknown): Promise<void>;
  // oxlint-disable-next-line typescript/no-explicit-any -- stored JSON.
  json(key: string): Promise<any>;
  keys(prefix?: string): Promise<string[]>;
}

export function worldOf(options: MemoryStoreOptions = {}): World {
  const clock = new VirtualClock(new Date('2026-01-31T20:30:00Z'));
  const requests: string[] = [];
  const warnings: string[] = [];
  const store = createMemoryStore({
    now: () => clock.now(),
    onRequest: (operation) => requests.push(operation),
    ...options,
  });
  const warn = (message: string): void => void warnings.push(message);
  return {
    clock,
    store,
    requests,
    warnings,
    log: { debug: () => {}, info: () => {}, warn, error: warn },
    async put(key, value) {
      const bytes = new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
      const put = await store.put(key, { bytes }, { contentType: 'application/json' });
      if (!put.ok) throw new Error(put.failure.message);
    },
    async json(key) {
      const read = await store.get(key, 10_000_000);
      if (!read.ok) throw new Error(read.failure.message);
      return read.value === null ? null : JSON.parse(new TextDecoder().decode(read.value.body));
    },
    async keys(prefix = '') {
      const found: string[] = [];
      for await (const entry of store.list(prefix)) if (entry.ok) found.push(entry.value.key);
      return found;
    },
  };
}

/** What moving objects needs, without a lease that could be lost. */
export function movingParts(world: World, store: ObjectStore = world.store): MovingParts {
  const keepLease = async (): Promise<Result<void>> => success(undefined);
  return { store, log: world.log, workspace: createWorkspace(), keepLease };
}

/** A machine of its own in `world`: it can be suspended, which its monotonic clock does not see, and its wall clock can be set. */
export function machineIn({ clock }: World): {
  readonly clock: Clock;
  readonly suspend: (seconds: number) => Promise<void>;
  readonly set: (seconds: number) => void;
} {
  let unseen = 0;
  let ahead = 0;
  return {
    clock: {
      now: () => new Date(clock.now().getTime() + ahead * 1000),
      monotonicSeconds: () => clock.monotonicSeconds() - unseen,
      sleep: (seconds) => clock.sleep(seconds),
    },
    suspend: (seconds) => {
      unseen += seconds;
      return clock.sleep(seconds);
    },
    set: (seconds) => void (ahead += seconds),
  };
}

/** A lease as one process has it. */
export function leaseOf(
  world: World,
  owner: string,
  change: {
    readonly store?: ObjectStore;
    readonly clock?: Clock;
    readonly settings?: Partial<LeaseSettings>;
  } = {},
): Lease {
  return createTicketLease({
    store: change.store ?? world.store,
    clock: change.clock ?? world.clock,
    random: namedRandom(owner),
    holder: 'a test',
    settings: {
      termSeconds: TERM_SECONDS,
      clockBoundSeconds: BOUND_SECONDS,
      requestSeconds: REQUEST_SECONDS,
      workSeconds: WORK_SECONDS,
      pauseSeconds: 0.2,
      ...change.settings,
    },
  });
}

export function namedRandom(name: string): Random {
  return { next: () => 0.5, identifier: () => name };
}
