/**
 * A model checker for the lease: the real lease code on a store whose every operation waits until the explorer lets it
 * happen. All orders of the runs' operations are gone through, with time jumping over half a term, a whole one and more
 * wherever it may, so that "two runs never both act" is shown and not sampled. A suspension is a jump that one run's
 * monotonic clock does not see.
 *
 * A run is a function of what it was answered and when. Two orders after which the store, the time and everything each
 * run has been told are equal are therefore the same state, and are followed only once.
 */
import { hash } from 'node:crypto';
import { setImmediate as settled } from 'node:timers/promises';
import { failure, success, type Result } from '../../src/domain/failure.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectInfo, ObjectStore, StoreCapabilities, StoredBody } from '../../src/ports/object-store.ts';

export const TERM = 900;
export const BOUND = 30;
export const REQUEST = 360;
/** As long as a request may take; half a term, so that a renewal is due and two of them end the term; a dead run's whole time. */
const JUMPS = [REQUEST, TERM / 2 + 1, TERM + BOUND + 1] as const;

export type Choice =
  | { readonly type: 'go'; readonly run: number }
  /** The effect happens or not, and the answer is lost. */
  | { readonly type: 'lose'; readonly run: number; readonly effect: boolean }
  | { readonly type: 'jump'; readonly seconds: number }
  /** The same, and the sleeper's monotonic clock does not see it. */
  | { readonly type: 'suspend'; readonly seconds: number };

/** Whose machine is suspended. The runs are alike, so that it may as well be the first one. */
const SLEEPER = 0;

interface Waiting {
  readonly label: string;
  readonly since: number;
  /** What the run is told; `lost` when it is told nothing. */
  readonly go: (lost: 'no' | 'before' | 'after') => string;
}

interface Stored {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly at: number;
}

export interface Limits {
  readonly runs: number;
  readonly jumps: number;
  readonly losses: number;
  readonly suspensions: number;
  /** Choices from the beginning; longer orders are not followed further. */
  readonly depth: number;
}

/** What one run does in the model; it ends when it has nothing more to do. */
export type Life = (model: Model, run: number) => Promise<void>;

export class Model {
  time = 0;
  /** Who acted, in order. */
  readonly acts: number[] = [];
  violation: string | null = null;
  readonly #objects = new Map<string, Stored>();
  readonly #versions: StoredBody[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #told: string[];
  /** Seconds that the sleeper's monotonic clock did not see. */
  #suspended = 0;
  readonly #left: { jumps: number; losses: number; suspensions: number };
  readonly #kind: StoreCapabilities;

  constructor(limits: Limits, kind: StoreCapabilities) {
    this.#kind = kind;
    this.#told = Array.from({ length: limits.runs }, () => '');
    const { jumps, losses, suspensions } = limits;
    this.#left = { jumps, losses, suspensions };
  }

  /** An act of `run`: a span of one run's acts must not hold another's. */
  act(run: number): void {
    const last = this.acts.at(-1);
    if (last !== run && this.acts.includes(run))
      this.violation ??= `run ${last} acted between two acts of run ${run}`;
    if (last !== run) this.acts.push(run);
  }

  key(): string {
    const objects = [...this.#objects].map(([key, { at, etag }]) => `${key}@${at}#${etag}`).sort();
    const waiting = this.#told.map((told, run) => {
      const request = this.#waiting.get(run);
      return `${told} waits for ${request?.label}@${request?.since}`;
    });
    const versions = this.#kind.versions ? this.#versions.map(({ etag }) => etag) : [];
    const { jumps, losses, suspensions } = this.#left;
    const left = [jumps, losses, suspensions];
    return [this.time, this.#suspended, left, objects, versions, this.acts, waiting].join('|');
  }

  choices(): Choice[] {
    const found: Choice[] = [];
    for (const [run, { label }] of this.#waiting) {
      found.push({ type: 'go', run });
      if (this.#left.losses > 0 && label !== 'work')
        found.push({ type: 'lose', run, effect: true }, { type: 'lose', run, effect: false });
    }
    const passing = this.#waiting.size > 0 ? JUMPS.filter((seconds) => this.#mayPass(seconds)) : [];
    if (this.#left.jumps > 0) found.push(...passing.map((seconds) => ({ type: 'jump', seconds }) as const));
    if (this.#left.suspensions > 0 && this.#waiting.has(SLEEPER))
      found.push(...passing.map((seconds) => ({ type: 'suspend', seconds }) as const));
    return found;
  }

  async take(choice: Choice): Promise<void> {
    if (choice.type === 'jump') {
      this.time += choice.seconds;
      this.#left.jumps -= 1;
      return;
    }
    if (choice.type === 'suspend') {
      this.time += choice.seconds;
      this.#suspended += choice.seconds;
      this.#left.suspensions -= 1;
      return;
    }
    const waiting = this.#waiting.get(choice.run);
    if (!waiting) throw new Error('nothing waits there');
    this.#waiting.delete(choice.run);
    if (choice.type === 'lose') this.#left.losses -= 1;
    const told = waiting.go(choice.type === 'go' ? 'no' : choice.effect ? 'after' : 'before');
    this.#remember(choice.run, told, waiting.label);
    await settled();
  }

  /** What a holder has sent is under way for no longer than a request may be. Everything else waits as long as it likes. */
  #mayPass(seconds: number): boolean {
    return [...this.#waiting.values()].every(
      ({ label, since }) => label !== 'write' || this.time + seconds - since <= REQUEST,
    );
  }

  /** The lease's own pauses are no choices: nothing is read or done at their end but the next request, which is one. */
  clock(run: number): Clock {
    return {
      now: () => new Date(this.time * 1000),
      monotonicSeconds: () => this.#monotonic(run),
      sleep: () => Promise.resolve(),
    };
  }

  #monotonic(run: number): number {
    return run === SLEEPER ? this.time - this.#suspended : this.time;
  }

  /** Time passes between two acts of a run, as little or as much as the explorer likes. */
  work(run: number): Promise<void> {
    return new Promise((resolve) => this.#wait(run, 'work', () => (resolve(), 'worked')));
  }

  store(run: number): ObjectStore {
    const ask = <T>(
      label: string,
      effect: () => T,
      digest: (value: T) => unknown = () => '',
    ): Promise<Result<T>> =>
      new Promise((resolve) =>
        this.#wait(run, label, (lost) => {
          const value = lost === 'before' ? null : effect();
          if (lost !== 'no') {
            resolve(failure('store_unavailable', 'no answer'));
            return 'lost';
          }
          resolve(success(value as T));
          return JSON.stringify(digest(value as T)) ?? '';
        }),
      );
    const writing = (key: string): string => (key.startsWith('locks/') ? 'ticket' : 'write');
    const deleting = (key: string): string => (key === `locks/${ownerOf(run)}.json` ? 'withdraw' : 'sweep');
    return {
      description: 'the model',
      capabilities: () => Promise.resolve(success(this.#kind)),
      get: (key) =>
        ask(
          'get',
          () => this.#read(key),
          (found) => found?.etag,
        ),
      getFile: () => Promise.reject(new Error('no files here')),
      head: (key) =>
        ask(
          'head',
          () => this.#read(key),
          (found) => found?.etag,
        ),
      put: async (key, source, { onlyIf }) => {
        const body = 'bytes' in source ? source.bytes : new Uint8Array();
        const put = await ask(
          writing(key),
          () => this.#put(run, key, body, onlyIf),
          (found) => found?.etag,
        );
        if (!put.ok) return put;
        return put.value === null ? failure('state_conflict', 'changed') : success(put.value);
      },
      list: (prefix) => this.#list(prefix, ask),
      copy: () => Promise.reject(new Error('nothing is copied here')),
      delete: (key) => ask(deleting(key), () => void this.#objects.delete(key)),
      versions: (_key, sinceEtag) =>
        ask(
          'versions',
          () => {
            const end = this.#versions.findIndex((version) => version.etag === sinceEtag);
            return end < 0 ? [...this.#versions] : this.#versions.slice(0, end);
          },
          (found) => found.map((version) => version.etag),
        ),
    };
  }

  /** Of an attempt to acquire that ended in a withdrawal nothing stays but its number and when the first one looked. */
  #remember(run: number, told: string, label: string): void {
    const before = this.#told[run] ?? '';
    const now = `${this.time}/${this.#monotonic(run)}:${told}`;
    const withdrawals = /^(\d+) withdrawals since ([\d./]+)/.exec(before);
    const since = withdrawals?.[2] ?? /list@([\d./]+)/.exec(before)?.[1] ?? 'never';
    // Whoever has worked or read since did more than to try.
    const onlyTried = !/;(?:work|get)@/.test(before);
    this.#told[run] =
      label === 'withdraw' && onlyTried
        ? `${Number(withdrawals?.[1] ?? 0) + 1} withdrawals since ${since}`
        : `${before};${label}@${now}`;
  }

  #wait(run: number, label: string, go: Waiting['go']): void {
    if (this.#waiting.has(run)) throw new Error('a run does one thing at a time');
    this.#waiting.set(run, { label, since: label === 'write' ? this.time : 0, go });
  }

  #put(run: number, key: string, body: Uint8Array, onlyIf: string | null | undefined): StoredBody | null {
    if (onlyIf !== undefined && (this.#objects.get(key)?.etag ?? null) !== onlyIf) return null;
    if (!key.startsWith('locks/')) this.act(run);
    const etag = key.startsWith('locks/') ? 'ticket' : new TextDecoder().decode(body);
    const stored = { body, etag, at: this.time };
    this.#objects.set(key, stored);
    const written = toBody(key, stored);
    if (!key.startsWith('locks/')) this.#versions.unshift(written);
    return written;
  }

  #read(key: string): StoredBody | null {
    const stored = this.#objects.get(key);
    return stored ? toBody(key, stored) : null;
  }

  async *#list(
    prefix: string,
    ask: (
      label: string,
      effect: () => ObjectInfo[],
      digest: (found: ObjectInfo[]) => unknown,
    ) => Promise<Result<ObjectInfo[]>>,
  ): AsyncGenerator<Result<ObjectInfo>> {
    const listed = await ask(
      'list',
      () =>
        [...this.#objects]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, stored]) => toBody(key, stored))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      (found) => found.map((info) => [info.key, info.lastModified.getTime()]),
    );
    if (!listed.ok) {
      yield listed;
      return;
    }
    for (const info of listed.value) yield success(info);
  }
}

/** What the run's lease must be given as its random identifier. */
export function ownerOf(run: number): string {
  return `run${run}`;
}

function toBody(key: string, { body, etag, at }: Stored): StoredBody {
  return { key, size: body.length, etag, lastModified: new Date(at * 1000), body };
}

export interface Explored {
  readonly states: number;
  /** Orders of events that lead through these states from the beginning to an end. */
  readonly orders: bigint;
  /** States at the depth limit, behind which nothing was looked at. */
  readonly cut: number;
  /** The shortest-found order in which two runs both acted. */
  readonly violation: { readonly what: string; readonly path: readonly Choice[] } | null;
}

/** Every order, each state once. Ends at the first violation. */
export async function explore(limits: Limits, kind: StoreCapabilities, life: Life): Promise<Explored> {
  // A million states are kept; by name and number they fit into memory, by what they consist of they do not.
  const known = new Map<string, number>();
  const following: number[][] = [];
  let cut = 0;
  let violation: Explored['violation'] = null;

  async function begin(path: readonly Choice[]): Promise<Model> {
    const model = new Model(limits, kind);
    for (let run = 0; run < limits.runs; run += 1) void life(model, run);
    await settled();
    for (const choice of path) await model.take(choice);
    return model;
  }

  async function follow(model: Model, path: readonly Choice[]): Promise<number> {
    const name = hash('sha1', model.key(), 'base64');
    const before = known.get(name);
    if (before !== undefined) return before;
    const next: number[] = [];
    const state = following.push(next) - 1;
    known.set(name, state);
    if (model.violation !== null) violation ??= { what: model.violation, path };
    if (violation !== null) return state;
    const choices = model.choices();
    if (path.length >= limits.depth) {
      if (choices.length > 0) cut += 1;
      return state;
    }
    for (const [index, choice] of choices.entries()) {
      const branch = index === 0 ? model : await begin(path);
      await branch.take(choice);
      next.push(await follow(branch, [...path, choice]));
      if (violation !== null) break;
    }
    return state;
  }

  const first = await begin([]);
  const root = await follow(first, []);
  return { states: known.size, orders: countOrders(following, root), cut, violation };
}

function countOrders(following: readonly (readonly number[])[], root: number): bigint {
  const counted = new Map<number, bigint>();
  const count = (state: number): bigint => {
    const before = counted.get(state);
    if (before !== undefined) return before;
    const next = following[state] ?? [];
    const orders = next.length === 0 ? 1n : next.reduce((sum, child) => sum + count(child), 0n);
    counted.set(state, orders);
    return orders;
  };
  return count(root);
}
