/** I1 by exhaustion: every order of the lease's operations, with time jumping between them, on both kinds of store. */
import { describe, expect, test } from 'vitest';
import {
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

const BOUNDS: readonly Limits[] = [
  { runs: 2, jumps: 1, losses: 0, depth: TO_THE_END },
  { runs: 2, jumps: 0, losses: 1, depth: TO_THE_END },
];

describe('I1 two runs never both hold the lease', () => {
  test.each([...BOUNDS, { runs: 3, jumps: 0, losses: 0, depth: 14 }])('in any order: %o', async (limits) => {
    const explored = await explore(limits, KINDS[0], leaseLife(realLease));
    told('the lease', limits, explored);
    expect(explored.violation).toBeNull();
    expect(explored.states).toBeGreaterThan(1_000);
  });
});

describe.each(KINDS)('I1 two runs never both write, on a store with $name', (kind) => {
  test.each([...BOUNDS, { runs: 3, jumps: 0, losses: 0, depth: 20 }])('in any order: %o', async (limits) => {
    const explored = await explore(limits, kind, lockLife(realLease));
    told(`the lock with ${kind.name}`, limits, explored);
    expect(explored.violation).toBeNull();
    expect(explored.states).toBeGreaterThan(1_000);
  });

  test.each([
    ['without the second look', withoutSecondLook],
    ['that never expires for its holder', withoutExpiry],
    ['renewed by delete and put', renewedByDelete],
  ])('a lease %s is caught', async (_, broken) => {
    const limits = { runs: 2, jumps: 1, losses: 0, depth: TO_THE_END };
    expect((await explore(limits, kind, leaseLife(broken))).violation).not.toBeNull();
    expect((await explore(limits, kind, lockLife(broken))).violation).not.toBeNull();
  });
});
