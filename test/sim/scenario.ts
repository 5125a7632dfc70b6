/** One seed: a channel that lives through days of trouble, then through days without, and is judged by what its world saw. */
import { NO_BUDGETS, type Budgets } from '../../src/domain/budget.ts';
import { Channel } from './channel.ts';
import { SETTINGS } from './settings.ts';
import { findViolations } from './checks.ts';
import { drawMood, KIND_MOOD } from './mood.ts';
import { publish } from './publisher.ts';
import { CALM, seededRandom, type FaultRates } from './world.ts';
import type { BucketKind } from './bucket.ts';

const DAY = 86_400;
const MINUTE = 60;
/** Days without faults after which every channel must have finished what it began (I4). */
export const CALM_DAYS = 4;

export interface Verdict {
  readonly seed: number;
  readonly days: number;
  readonly runs: number;
  readonly crashes: number;
  readonly operations: number;
  readonly orders: number;
  readonly published: number;
  readonly violations: readonly string[];
}

export async function simulate(
  seed: number,
  troubledDays: number,
  observe?: (channel: Channel) => void,
): Promise<Verdict> {
  const plan = seededRandom(seed ^ 0x5eed);
  const kind: BucketKind =
    plan() < 0.5
      ? { conditionalWrites: true, versions: false }
      : { conditionalWrites: false, versions: true };
  const channel = new Channel(seed, kind, KIND_MOOD);
  observe?.(channel);
  seedDocuments(channel);
  const steady = steadyBudgets(seed);
  for (let day = 0; day < troubledDays; day += 1) {
    channel.providers.mood = drawMood(plan);
    channel.budgets = steady ?? drawBudgets(plan);
    await liveThroughDay(channel, plan, drawRates(plan));
  }
  await calmDown(channel, plan);
  const violations = findViolations(channel);
  return {
    seed,
    days: troubledDays + 1 + CALM_DAYS,
    runs: channel.runs.length,
    crashes: channel.runs.filter((run) => !run.process.alive).length,
    operations: channel.runs.reduce((sum, run) => sum + run.process.operations, 0),
    orders: channel.providers.orders.length,
    published: channel.published.length,
    violations,
  };
}

/** The last edits are mended, the last requests arrive; from then on nothing goes wrong any more. */
async function calmDown(channel: Channel, plan: () => number): Promise<void> {
  await channel.world.run(channel.world.time + DAY);
  channel.providers.mood = KIND_MOOD;
  channel.budgets = NO_BUDGETS;
  channel.calmSince = channel.world.time;
  for (let day = 0; day < CALM_DAYS; day += 1) await liveThroughDay(channel, plan, CALM);
}

/** Other tools' keys, which must survive everything (I5). */
export function seedDocuments(channel: Channel): void {
  const write = (key: string, value: unknown): void =>
    void channel.bucket.write('owner', key, new TextEncoder().encode(JSON.stringify(value)));
  write(SETTINGS.documents.public, { processing_lock: false, generation_id: null, note: 'kept' });
  write(SETTINGS.documents.generation, { generation_id: null, note: 'kept' });
  write(SETTINGS.documents.image, {
    midjourney_task: null,
    midjourney_results: {},
    generation: false,
    status: null,
    note: 'kept',
  });
}

/** 20:30 main, 21:30 and 01:30 checks (R1), each late, early, doubled or dropped when the day is troubled. */
async function liveThroughDay(channel: Channel, plan: () => number, rates: FaultRates): Promise<void> {
  const { world } = channel;
  const begin = world.time;
  const troubled = channel.calmSince === null;
  const at = (hour: number, minute: number, act: () => void): void =>
    world.at(begin + (hour - 12) * 3600 + minute * MINUTE, act);
  const fullDisk = troubled && plan() < 0.05;
  const startRun = (mode: 'main' | 'check'): void => {
    const skew = troubled ? (plan() - 0.5) * 20 : 0;
    channel.start({ mode, zeroDelay: plan() < 0.5 }, troubled ? rates : CALM, skew, (process) => {
      process.diskFull = fullDisk;
    });
  };
  const schedule = (hour: number, mode: 'main' | 'check'): void => {
    if (troubled && plan() < 0.1) return;
    const late = troubled && plan() < 0.2 ? plan() * 50 : 0;
    at(hour, 30 + late, () => startRun(mode));
    if (troubled && plan() < 0.15)
      at(hour, 30 + late + plan() * 3, () => startRun(plan() < 0.7 ? mode : 'main'));
  };
  schedule(20, 'main');
  schedule(21, 'check');
  schedule(25, 'check');
  if (troubled && plan() < 0.1) at(13 + plan() * 22, plan() * 60, () => startRun('main'));
  if (plan() < 0.9) at(15 + plan() * 20, plan() * 60, () => publishFront(channel, plan));
  if (troubled && plan() < 0.25) at(12.5 + plan() * 22, 0, () => channel.hands.act(plan));
  // In the middle of a run, more often than not.
  if (troubled && plan() < 0.1) at(20, 30 + plan() * 4, () => channel.hands.act(plan));
  if (troubled && plan() < 0.06) {
    const hours = plan() * 6;
    at(20, 30 + plan() * 5, () => (channel.bucket.fullUntil = world.time + hours * 3600));
  }
  await world.run(begin + DAY);
}

/** The next post, from the front if there is one; an impatient publisher takes it from the middle. */
function publishFront(channel: Channel, plan: () => number): void {
  const troubled = channel.calmSince === null;
  const fronts = channel.ready(SETTINGS.folders.front);
  const [next] =
    fronts.length > 0 ? fronts : troubled && plan() < 0.2 ? channel.ready(SETTINGS.folders.middle) : [];
  if (next === undefined || channel.published.includes(next)) return;
  const seconds = troubled && plan() < 0.5 ? plan() * 10 : 0;
  publish(channel, next, seconds, troubled && plan() < 0.2 ? `${next}.json` : next);
}

function drawRates(plan: () => number): FaultRates {
  const strength = plan();
  if (strength < 0.3) return CALM;
  const base = strength < 0.8 ? 0.01 : 0.06;
  return {
    refused: base * plan(),
    lostBefore: base * plan(),
    lostAfter: base * plan(),
    stall: plan() < 0.3 ? base : 0,
    stallSeconds: plan() < 0.5 ? 120 : 4_000,
    crash: plan() < 0.6 ? base * plan() : 0,
    slow: plan() < 0.2 ? base * 3 * plan() : 0,
    straggler: plan() < 0.3 ? 0.5 : 0,
  };
}

/** One channel in five keeps to the same budgets through all its trouble, as a real one does. Own dice: they leave the rest of the seed as it is. */
function steadyBudgets(seed: number): Budgets | null {
  const dice = seededRandom(seed ^ 0xb0d6e7);
  if (dice() < 0.8) return null;
  const some = (least: number, most: number): number | null =>
    dice() < 0.5 ? null : least + dice() * (most - least);
  return { perPost: some(0.5, 1.2), perDay: some(0.05, 1.2), perMonth: some(0.5, 4) };
}

/** Most channels have no budget; a tight one stops the run in the middle of a post. */
function drawBudgets(plan: () => number): Budgets {
  if (plan() < 0.85) return NO_BUDGETS;
  return { perPost: plan() < 0.5 ? 0.3 : null, perDay: plan() * 1.5, perMonth: null };
}
