/**
 * Budgets, judged from the providers' own books: every order must have been one that the budgets of its run still had
 * room for; no call of this world costs more than it was reserved at. What the program wrote into its ledger is not looked at.
 */
import type { Channel } from './channel.ts';
import type { Order } from './providers.ts';

/** A run's clock may be this far from the world's, so that an order this near to midnight may count for either day. */
const MIDNIGHT_SECONDS = 15;
const DAY = 86_400;
const ROUNDING = 0.000_5;

export function budgetsHold(channel: Channel): string[] {
  const { orders } = channel.providers;
  const budgetsOf = new Map(channel.runs.map((run) => [run.process.name, run.budgets]));
  const spent = new Map<string, number>();
  const problems: string[] = [];
  for (const order of orders) {
    const budgets = budgetsOf.get(order.by);
    if (!budgets || isNearMidnight(order.at)) continue;
    const day = new Date(order.at * 1000).toISOString().slice(0, 10);
    const periods = [
      [`day ${day}`, budgets.perDay],
      [`month ${day.slice(0, 7)}`, budgets.perMonth],
      [`post ${order.post}`, budgets.perPost],
    ] as const;
    for (const [period, limit] of periods) {
      const sum = (spent.get(period) ?? 0) + costOf(channel, order);
      spent.set(period, sum);
      if (limit !== null && sum > limit + ROUNDING)
        problems.push(
          `BUDGET ${order.by} ordered ${order.stage} for ${order.post}: ${sum.toFixed(4)} of ${limit} for ${period}`,
        );
    }
  }
  return problems;
}

function costOf(channel: Channel, order: Order): number {
  return channel.providers.costOf(order.kind, order.taskId);
}

function isNearMidnight(time: number): boolean {
  const since = time % DAY;
  return since < MIDNIGHT_SECONDS || since > DAY - MIDNIGHT_SECONDS;
}
