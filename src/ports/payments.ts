import type { GenerationId } from '../domain/generation-id.ts';
import type { PaidKind } from '../domain/journal.ts';
import type { Failure, Result } from '../domain/failure.ts';

export interface PlannedCall {
  readonly id: GenerationId;
  readonly kind: PaidKind;
  readonly stage: string;
  readonly provider: string;
  readonly model: string;
  /** The most that the call can be expected to cost, USD. */
  readonly reserveUsd: number;
  /** Of the state's `submission`, when there is one. */
  readonly intentId?: string;
}

export interface Charge {
  readonly costUsd: number;
  /** True when the figure comes from the provider's answer. */
  readonly measured: boolean;
  readonly taskId?: string;
}

/**
 * The one door through which money leaves. `pay` checks the budgets, makes the reservation and the intent durable, performs
 * the call once, and settles it with what it really cost. `budget_reached` and store failures come back before the call is made.
 * A failure of the call itself comes back as it is, already accounted for (nothing when refused, the reserve when unknown).
 */
export interface Payments {
  /**
   * Names the paid calls that will probably follow, in their order. They are reserved together with the next call that
   * is, as far as they fit their budgets, which saves a request each; those that are not made are given back. Replaces
   * what was named before.
   */
  expect(calls: readonly PlannedCall[]): void;
  pay<T>(
    call: PlannedCall,
    perform: () => Promise<Result<T>>,
    charge: (value: T) => Charge,
    /** What a useless answer cost, when the failure tells; null, or left out: the reserve. Not asked when the call was refused. */
    chargeFailed?: (failure: Failure) => Charge | null,
  ): Promise<Result<T>>;
  /**
   * A task's provider said what it charged, in USD. Takes the place of the estimate; a figure far from the reserve is
   * not believed, because units are not documented everywhere. Never fails: what cannot be written stays an estimate.
   */
  charged(id: GenerationId, taskId: string, costUsd: number): Promise<void>;
  /** At the end of a run: writes what has been settled since the last call. Never fails: a reservation that stays is settled by the next run. */
  finish(): Promise<void>;
}
