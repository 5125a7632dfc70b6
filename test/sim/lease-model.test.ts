/** I1 by exhaustion: every order of the lease's operations, with time jumping between them, on both kinds of store. */
import { describe, expect, test } from 'vitest';
import {
  countedByMonotonicClock,
  leaseLife,
  lockLife,
  realLease,
  renewedByDelete,
  withoutExpiry,
  withoutSecondLook,
} from './lease-lives.ts';
import { explore, type Explored, type Limits } from './lease-model.ts';
import { KINDS } from './stages.ts';

/** Deeper than any run of the model is long. */
const TO_THE_END = 1_000;

function told(what: string, limits: Limits, explored: Explored): void {
  const { orders, states, cut } = explored;
  console.log(`${what}, ${JSON.stringify(limits)}: ${orders} orders in ${states} states, ${cut} cut off`);
}

const NOTHING = { runs: 2, jumps: 0, losses: 0, suspensions: 0, depth: TO_THE_END };
const JUMP: Limits = { ...NOTHING, jumps: 1 };
const LOSS: Limits = { ...NOTHING, losses: 1 };
const SUSPENSION: Limits = { ...NOTHING, suspensions: 1 };
const BOUNDS = [JUMP, LOSS, SUSPENSION];

describe('I1 two runs never both hold the lease', () => {
  test.each([...BOUNDS, { ...NOTHING, runs: 3, depth: 14 }])('in any order: %o', async (limits) => {
    const explored = await explore(limits, KINDS[0], leaseLife(realLease));
    told('the lease', limits, explored);
    expect(explored.violation).toBeNull();
    expect(explored.states).toBeGreaterThan(1_000);
  });
});

describe.each(KINDS)('I1 two runs never both write, on a store with $name', (kind) => {
  test.each([...BOUNDS, { ...NOTHING, runs: 3, depth: 20 }])('in any order: %o', async (limits) => {
    const explored = await explore(limits, kind, lockLife(realLease));
    told(`the lock with ${kind.name}`, limits, explored);
    expect(explored.violation).toBeNull();
    expect(explored.states).toBeGreaterThan(1_000);
  });

  test.each([
    ['without the second look', withoutSecondLook, JUMP],
    ['that never expires for its holder', withoutExpiry, JUMP],
    ['renewed by delete and put', renewedByDelete, JUMP],
    ['whose term stands still with the machine', countedByMonotonicClock, SUSPENSION],
  ])('a lease %s is caught', async (_, broken, limits) => {
    expect((await explore(limits, kind, leaseLife(broken))).violation).not.toBeNull();
    expect((await explore(limits, kind, lockLife(broken))).violation).not.toBeNull();
  });
});
