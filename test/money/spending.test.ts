/** No sequence of calls, refusals, unknown outcomes and crashes spends past a budget, judged by the providers' own books. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Budgets } from '../../src/domain/budget.ts';
import { CASES } from '../support/random.ts';
import { MoneyWorld, periodsOf, POSTS, STAGES, type Outcome } from './money-world.ts';

/** Sequences; a failing one prints its seed. */
const RUNS = 300 * CASES;
/** A ten-thousandth of a cent for each of a few hundred amounts, all rounded up to the same millionth. */
const ROUNDING = 0.000_5;

type Pay = {
  readonly stage: number;
  readonly outcome: Outcome;
  readonly share: number;
  readonly over: boolean;
};
type Command =
  | ({ readonly do: 'pay'; readonly post: number } & Pay)
  /** All stages in order, as the mill does it: announced first, then paid for one after another. */
  | { readonly do: 'make'; readonly post: number; readonly outcomes: readonly Omit<Pay, 'stage'>[] }
  | { readonly do: 'expect'; readonly post: number; readonly stage: number }
  | { readonly do: 'correct'; readonly index: number; readonly share: number }
  | { readonly do: 'die-at'; readonly requests: number; readonly side: 'before' | 'after' }
  | { readonly do: 'fail-write'; readonly how: 'refused' | 'lost' }
  | { readonly do: 'lose-lease' | 'next-run' }
  | { readonly do: 'later'; readonly hours: number };

const post = fc.nat(POSTS.length - 1);
const stage = fc.nat(STAGES.length - 1);
const share = fc.constantFrom(0, 0.1, 0.5, 0.9, 1);
const outcome = fc.constantFrom<Outcome>(
  'measured',
  'measured',
  'unmeasured',
  'refused',
  'bad',
  'unknown-charged',
  'unknown-free',
  'dies-charged',
  'dies-free',
);
const call = { outcome, share, over: fc.boolean() };
const make = fc.record({
  do: fc.constant('make' as const),
  post,
  outcomes: fc.array(fc.record(call), { minLength: STAGES.length, maxLength: STAGES.length }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('pay' as const), post, stage, ...call }) },
  { weight: 4, arbitrary: make },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expect' as const), post, stage }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('correct' as const), index: fc.nat(50), share }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('die-at' as const),
      requests: fc.integer({ min: 1, max: 6 }),
      side: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail-write' as const),
      how: fc.constantFrom('refused' as const, 'lost' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lose-lease' as const, 'next-run' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('later' as const), hours: fc.integer({ min: 1, max: 40 }) }),
  },
);
const ceiling = fc.constantFrom(null, null, 0, 0.06, 0.15, 0.5, 0.65, 0.8, 1.3, 2);
const budgets: fc.Arbitrary<Budgets> = fc.record({ perPost: ceiling, perDay: ceiling, perMonth: ceiling });

async function obey(world: MoneyWorld, command: Command): Promise<void> {
  switch (command.do) {
    case 'pay': {
      const paid = await world.pay(command.post, command.stage, command.outcome, command.share, command.over);
      if (paid !== null && paid !== 'paid' && paid.budget)
        expectStopToBeRight(world, paid.budget, command.post);
      return;
    }
    case 'make': {
      world.expectFrom(command.post, 0);
      for (const [stage, pay] of command.outcomes.entries()) {
        const paid = await world.pay(command.post, stage, pay.outcome, pay.share, pay.over);
        if (paid === null) return;
        if (paid !== 'paid' && paid.budget) expectStopToBeRight(world, paid.budget, command.post);
        expectBillWithinBudgets(world);
      }
      return;
    }
    case 'expect':
      return world.expectFrom(command.post, command.stage);
    case 'correct':
      return world.correct(command.index, command.share);
    case 'die-at':
      world.dying = { requests: command.requests, side: command.side };
      return;
    case 'fail-write':
      world.nextWrite = command.how;
      return;
    case 'lose-lease':
      world.leaseHeld = false;
      return;
    case 'next-run':
      return world.nextRun();
    case 'later':
      world.time += command.hours * 3_600_000;
  }
}

/** It counts no call twice and none that was never let through: else a channel would stand still without need. */
function expectStopToBeRight(
  world: MoneyWorld,
  stop: { budget: 'post' | 'day' | 'month'; spentUsd: number; costUsd: number; limitUsd: number },
  post: number,
): void {
  const now = new Date(world.time).toISOString();
  const counted = world.attempts.filter(({ at, post: id }) =>
    stop.budget === 'post'
      ? id === POSTS[post]
      : at.toISOString().startsWith(now.slice(0, stop.budget === 'day' ? 10 : 7)),
  );
  const most = counted.reduce((sum, { reserveUsd, over }) => sum + reserveUsd + over, 0);
  expect(stop.spentUsd).toBeLessThanOrEqual(most + ROUNDING);
  expect(stop.spentUsd + stop.costUsd).toBeGreaterThan(stop.limitUsd);
}

function expectBillWithinBudgets(world: MoneyWorld): void {
  for (const { name, limit, bill } of periodsOf(world)) {
    const charged = bill.reduce((sum, { costUsd }) => sum + costUsd, 0);
    const uncertainty = Math.max(0, ...bill.map(({ costUsd, reserveUsd }) => costUsd - reserveUsd));
    expect(charged, `${name} has a budget of ${limit}`).toBeLessThanOrEqual(limit + uncertainty + ROUNDING);
  }
}

/** What lies in the store at any moment, were every process to die now, counts no less than the bill. */
async function expectNothingForgotten(world: MoneyWorld): Promise<void> {
  for (const [month, bill] of Map.groupBy(world.bill, ({ at }) => at.toISOString().slice(0, 7))) {
    const charged = bill.reduce((sum, { costUsd }) => sum + costUsd, 0);
    const stored = (await world.stored(month)).reduce((sum, { cost_usd: cost }) => sum + cost, 0);
    expect(stored, `the ledger of ${month}`).toBeGreaterThanOrEqual(charged - ROUNDING);
  }
}

test(
  'BUDGET no sequence of calls, refusals, unknown outcomes and crashes spends past a budget plus one call’s uncertainty',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        budgets,
        fc.boolean(),
        fc.array(command, { maxLength: 60, size: 'max' }),
        async (budgets, conditionalWrites, commands) => {
          const world = new MoneyWorld(budgets, conditionalWrites);
          for (const command of commands) {
            await obey(world, command);
            expectBillWithinBudgets(world);
            await expectNothingForgotten(world);
          }
        },
      ),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 100,
);
