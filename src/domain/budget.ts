/** Ceilings on spending, and what is known when one of them stops a call. */

/** USD; null: none. */
export interface Budgets {
  readonly perPost: number | null;
  /** One UTC day. */
  readonly perDay: number | null;
  /** One UTC month. */
  readonly perMonth: number | null;
}

export const NO_BUDGETS: Budgets = { perPost: null, perDay: null, perMonth: null };

export interface BudgetStop {
  readonly budget: 'post' | 'day' | 'month';
  readonly limitUsd: number;
  /** Spent and reserved before the call. */
  readonly spentUsd: number;
  /** The most that the refused call could have cost. */
  readonly costUsd: number;
  /** When the call would fit without a hand: the next UTC day or month. Null: never by itself. */
  readonly freesAt: string | null;
}

const NAMES = { post: 'this post', day: 'the UTC day', month: 'the UTC month' } as const;

/** What a person reads: which budget, how full it is, what the call would have cost, and what happens next. */
export function describeStop(
  stop: BudgetStop,
  call: string,
): { readonly message: string; readonly advice: string } {
  const key = `BUDGET.per_${stop.budget}_usd`;
  const spent = `${amountOf(stop.spentUsd)} of ${amountOf(stop.limitUsd)} USD are spent or reserved`;
  const message = `The budget for ${NAMES[stop.budget]} (${key}) would be passed: ${spent}, and the next call (${call}) can cost up to ${amountOf(stop.costUsd)} USD`;
  const mend = `raise ${key}`;
  const advice =
    stop.freesAt === null
      ? `Nothing was ordered. ${stop.budget === 'post' ? 'This budget does not free by itself' : 'A single call costs more than it allows'}: ${mend}, and the next run goes on where this one stopped.`
      : `Nothing was ordered. The first run after ${minuteOf(stop.freesAt)} UTC goes on where this one stopped; to go on sooner, ${mend}.`;
  return { message, advice };
}

/**
 * An amount in USD, the one way to write it: cents where they are enough, thousandths where they are not, and millionths
 * for what is less than one of those.
 */
export function amountOf(usd: number): string {
  const cents = usd.toFixed(2);
  if (Number(cents) === Number(usd.toFixed(6))) return cents;
  return usd >= 0.001 ? usd.toFixed(3) : String(Number(usd.toFixed(6)));
}

function minuteOf(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ');
}
