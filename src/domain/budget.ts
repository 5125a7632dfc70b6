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
