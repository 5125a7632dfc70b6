/** Many seeds, on all cores: each worker takes the next piece when it is done with its last, so that no core waits for another. */
/* oxlint-disable unicorn/require-post-message-target-origin -- threads, not windows */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { simulate, type Verdict } from './scenario.ts';

const PIECE = 20;

export interface Totals {
  seeds: number;
  days: number;
  runs: number;
  crashes: number;
  operations: number;
  orders: number;
  published: number;
}

export interface Failing {
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface Swept {
  readonly totals: Totals;
  readonly failing: readonly Failing[];
}

export interface Piece {
  readonly seeds: readonly number[];
  readonly days: number;
}

export function noTotals(): Totals {
  return { seeds: 0, days: 0, runs: 0, crashes: 0, operations: 0, orders: 0, published: 0 };
}

export function addTotals(sum: Totals, part: Totals): void {
  for (const key of Object.keys(sum) as (keyof Totals)[]) sum[key] += part[key];
}

/** In this thread. */
export async function sweepHere({ seeds, days }: Piece): Promise<Swept> {
  const totals = noTotals();
  const failing: Failing[] = [];
  for (const seed of seeds) {
    const verdict: Verdict = await simulate(seed, days);
    addTotals(totals, { ...verdict, seeds: 1 });
    if (verdict.violations.length > 0) failing.push({ seed, violations: verdict.violations });
  }
  return { totals, failing };
}

/** `told` hears of every finished piece. */
export async function sweep(
  { seeds, days }: Piece,
  told: (piece: Swept) => void,
  workers = availableParallelism(),
): Promise<Swept> {
  const totals = noTotals();
  const failing: Failing[] = [];
  let next = 0;
  const take = (): Piece | null => {
    if (next >= seeds.length) return null;
    const piece = seeds.slice(next, next + PIECE);
    next += PIECE;
    return { seeds: piece, days };
  };
  const heard = (swept: Swept): void => {
    addTotals(totals, swept.totals);
    failing.push(...swept.failing);
    told(swept);
  };
  await Promise.all(Array.from({ length: workers }, () => work(take, heard)));
  return { totals, failing: failing.toSorted((a, b) => a.seed - b.seed) };
}

function work(take: () => Piece | null, heard: (swept: Swept) => void): Promise<void> {
  const first = take();
  if (first === null) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('sweep-worker.ts', import.meta.url));
    worker.on('message', (swept: Swept) => {
      heard(swept);
      const piece = take();
      worker.postMessage(piece);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`A simulating worker ended with code ${code}`));
    });
    worker.postMessage(first);
  });
}

/** The one line that replays a seed. */
export function replayCommand(seed: number, days: number): string {
  return `npm run sim -- --seed ${seed} --days ${days} --verbose`;
}
