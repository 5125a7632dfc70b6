/**
 * Virtual time, processes that die, and faults at every I/O boundary, all from one seed. Nothing here waits for real
 * time: an operation ends when the world's queue comes to it, so that overlapping runs interleave the same way every time.
 */
import { setImmediate as settled } from 'node:timers/promises';

/** mulberry32: small, fast, and the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

export class World {
  readonly random: () => number;
  /** Seconds since the epoch. */
  time: number;
  #queue: Waiting[] = [];
  #order = 0;

  constructor(seed: number, start: Date) {
    this.random = seededRandom(seed);
    this.time = start.getTime() / 1000;
  }

  at(time: number, wake: () => void): void {
    this.#order += 1;
    const entry = { at: Math.max(time, this.time), order: this.#order, wake };
    let index = this.#queue.length;
    // Latest first, so that the next one is popped from the end.
    while (index > 0 && comesBefore(entry, this.#queue[index - 1] as Waiting) === false) index -= 1;
    this.#queue.splice(index, 0, entry);
  }

  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.time + seconds, resolve);
    });
  }

  /** Runs until nothing waits, or until `until`. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await settled();
      const next = this.#queue.at(-1);
      if (!next || next.at > until) break;
      this.#queue.pop();
      this.time = next.at;
      next.wake();
    }
    if (Number.isFinite(until)) this.time = Math.max(this.time, until);
  }
}

/** Whether `one` is due before `other`. */
function comesBefore(one: Waiting, other: Waiting): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

export type Fault = 'none' | 'refused' | 'lost-before' | 'lost-after';

export interface FaultRates {
  /** Chance per operation of a clean refusal, of a request that never arrived, and of an answer that never did. */
  readonly refused: number;
  readonly lostBefore: number;
  readonly lostAfter: number;
  /** Chance per operation that the process sleeps for up to `stallSeconds`, alone or with its machine. */
  readonly stall: number;
  readonly stallSeconds: number;
  /** Chance per operation that the process dies, before or after its effect. */
  readonly crash: number;
  /** Chance per operation that it takes up to `REQUEST_LIMIT_SECONDS`, as a request does that is repeated inside an adapter. */
  readonly slow: number;
  /** Chance that a request whose sender died or gave up still takes effect, a little later. */
  readonly straggler: number;
}

/** No adapter works longer than this on one request; the lease is told so. */
export const REQUEST_LIMIT_SECONDS = 360;
const STRAGGLER_SECONDS = 20;
/** So many of the sleeping processes sleep because their machine is suspended. */
const SUSPENDED_SHARE = 0.5;

export const CALM: FaultRates = {
  refused: 0,
  lostBefore: 0,
  lostAfter: 0,
  stall: 0,
  stallSeconds: 0,
  crash: 0,
  slow: 0,
  straggler: 0,
};

/** What is to happen at exactly one operation. */
export interface PlannedFault {
  /** Counted from 1. */
  readonly operation: number;
  readonly what: 'dies-before' | 'dies-after' | Exclude<Fault, 'none'>;
}

/** One run of the program, as the world sees it: it does operations, one after another, until it ends or is killed. */
export class Process {
  readonly world: World;
  readonly name: string;
  readonly skewSeconds: number;
  /** Local files, gone with the process. */
  readonly files = new Map<string, Uint8Array>();
  rates: FaultRates;
  planned: PlannedFault | null = null;
  /** Dies after the first operation whose label begins like this has taken effect. */
  dieAt: string | null = null;
  /** Told right before each effect: what somebody else does in that very moment. */
  meanwhile: ((label: string, process: Process) => void) | null = null;
  /** Nothing more can be written to the local disk. */
  diskFull = false;
  operations = 0;
  alive = true;
  readonly trace: string[] = [];
  #suspendedSeconds = 0;
  #awakeAt = 0;

  constructor(world: World, name: string, rates: FaultRates, skewSeconds = 0) {
    this.world = world;
    this.name = name;
    this.rates = rates;
    this.skewSeconds = skewSeconds;
  }

  /** `effect` runs at one instant, or never. The answer says what the program may know of it. */
  async operate<T>(
    label: string,
    effect: () => T,
  ): Promise<{ readonly fault: Fault; readonly value: T | undefined }> {
    const { rates, world } = this;
    this.operations += 1;
    const meant = this.dieAt !== null && label.startsWith(this.dieAt) ? 'dies-after' : null;
    const planned = this.planned?.operation === this.operations ? this.planned.what : meant;
    if (planned === 'dies-before') return this.die(label);
    const chance = world.random();
    await world.sleep(0.005 + world.random() * 0.05);
    if (rates.slow > 0 && world.random() < rates.slow)
      await world.sleep(world.random() * REQUEST_LIMIT_SECONDS);
    const dies = world.random() < rates.crash;
    if (dies && world.random() < 0.5) {
      this.#straggle(effect);
      return this.die(label);
    }
    const fault = planned === null || planned === 'dies-after' ? pickFault(chance, rates) : planned;
    this.meanwhile?.(label, this);
    const value = fault === 'none' || fault === 'lost-after' ? effect() : undefined;
    if (dies || planned === 'dies-after') return this.die(label);
    if (fault === 'lost-before') this.#straggle(effect);
    if (fault !== 'none') await world.sleep(fault === 'refused' ? 0.01 : 30);
    if (world.random() < rates.stall) await this.#stall(rates.stallSeconds * world.random());
    return { fault, value };
  }

  /** Its next operation comes late. (Suspended with a request half sent, it could not be fenced; requests are bounded in time instead.) */
  async #stall(seconds: number): Promise<void> {
    const { world } = this;
    const until = world.time + seconds;
    if (world.random() < SUSPENDED_SHARE && until > this.#awakeAt) {
      this.#suspendedSeconds += until - Math.max(world.time, this.#awakeAt);
      this.#awakeAt = until;
    }
    await world.sleep(seconds);
  }

  /** Stands still while its machine is suspended, as `CLOCK_MONOTONIC` does. */
  monotonicSeconds(): number {
    const { time } = this.world;
    return time - this.#suspendedSeconds + Math.max(0, this.#awakeAt - time);
  }

  /** The request was on its way, and arrives although nobody waits for it any more. */
  #straggle(effect: () => unknown): void {
    const { rates, world } = this;
    if (rates.straggler > 0 && world.random() < rates.straggler)
      world.at(world.time + world.random() * STRAGGLER_SECONDS, effect);
  }

  /** Nothing of the process happens any more: its promises simply never settle. */
  die(label: string): Promise<never> {
    this.alive = false;
    this.trace.push(`died at ${this.operations} (${label})`);
    return new Promise<never>(() => {});
  }
}

function pickFault(chance: number, rates: FaultRates): Fault {
  if (chance < rates.refused) return 'refused';
  if (chance < rates.refused + rates.lostBefore) return 'lost-before';
  if (chance < rates.refused + rates.lostBefore + rates.lostAfter) return 'lost-after';
  return 'none';
}
