/** One seed: a channel that lives through days of trouble, then through days without, and is judged by what its world saw. */
import { Channel, SETTINGS } from './channel.ts';
import { findViolations } from './checks.ts';
import { KIND_MOOD, type ProviderMood } from './providers.ts';
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
  for (let day = 0; day < troubledDays; day += 1) {
    channel.providers.mood = drawMood(plan);
    await liveThroughDay(channel, plan, drawRates(plan));
  }
  channel.providers.mood = KIND_MOOD;
  for (let day = 0; day < CALM_DAYS; day += 1) await liveThroughDay(channel, plan, CALM);
  const violations = findViolations(channel);
  return {
    seed,
    days: troubledDays + CALM_DAYS,
    runs: channel.runs.length,
    crashes: channel.runs.filter((run) => !run.process.alive).length,
    operations: channel.runs.reduce((sum, run) => sum + run.process.operations, 0),
    orders: channel.providers.orders.length,
    published: channel.published.length,
    violations,
  };
}

/** Other tools' keys, which must survive everything (I5). */
export function seedDocuments(channel: Channel): void {
  const write = (key: string, value: unknown): void =>
    void channel.bucket.write('owner', key, new TextEncoder().encode(JSON.stringify(value)));
  write(SETTINGS.documents.public, { processing_lock: false, generation_id: null, empty: ['kept'] });
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
  const troubled = rates !== CALM;
  const at = (hour: number, minute: number, act: () => void): void =>
    world.at(begin + (hour - 12) * 3600 + minute * MINUTE, act);
  const startRun = (mode: 'main' | 'check'): void => {
    const skew = troubled ? (plan() - 0.5) * 20 : 0;
    channel.start({ mode, zeroDelay: plan() < 0.5 }, rates, skew);
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
  if (plan() < 0.9) at(15 + plan() * 20, plan() * 60, () => publishFront(channel, plan, troubled));
  await world.run(begin + DAY);
}

function publishFront(channel: Channel, plan: () => number, troubled: boolean): void {
  const fronts = channel.ready(SETTINGS.folders.front);
  const [next] =
    fronts.length > 0 ? fronts : troubled && plan() < 0.2 ? channel.ready(SETTINGS.folders.middle) : [];
  if (next !== undefined && !channel.published.includes(next)) channel.publish(next);
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
  };
}

function drawMood(plan: () => number): ProviderMood {
  const bad = (): number => (plan() < 0.3 ? plan() * 0.6 : 0);
  return {
    imageFails: bad(),
    imageNever: bad(),
    imageLate: bad(),
    imageUnusable: bad(),
    videoFails: bad(),
    videoNever: bad(),
    videoLate: bad(),
    badAnswer: bad() * 0.3,
    downloadFails: bad(),
    judgeFails: bad(),
  };
}
