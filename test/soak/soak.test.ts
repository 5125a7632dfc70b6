/** A small part of the soak for every test run; `npm run soak` kills hundreds. */
import { expect, test } from 'vitest';
import { SEED } from '../support/random.ts';
import { soak } from './soak.ts';

/** Much longer than it takes: a process has to share its machine with the other tests. */
const PATIENCE = 300_000;

test.each([
  ['folder', 10],
  ['s3', 6],
] as const)(
  'I1 I2 I3 I4 I5 I7 real runs on a %s, %i of them killed with SIGKILL: nothing lost, paid twice or stuck',
  async (store, kills) => {
    const told: string[] = [];
    const report = await soak({
      seed: SEED,
      store,
      kills,
      realExpiry: false,
      calmRuns: 1,
      tell: (line) => told.push(line),
    });
    const log = `REELMILL_SEED=${SEED}\n${told.join('\n')}`;
    expect(report.problems, log).toEqual([]);
    expect(report.kills, log).toBeGreaterThanOrEqual(kills);
    // A channel on which nothing was paid or made would pass as well.
    expect(report.paidCalls, log).toBeGreaterThan(5);
    expect(report.posts, log).toBeGreaterThan(0);
  },
  PATIENCE,
);
