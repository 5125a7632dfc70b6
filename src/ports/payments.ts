import type { GenerationId } from '../domain/generation-id.ts';
import type { PaidKind } from '../domain/journal.ts';
import type { Result } from '../domain/failure.ts';

export interface PlannedCall {
  readonly id: GenerationId;
  readonly kind: PaidKind;
  readonly stage: string;
  readonly provider: string;
  readonly model: string;
  /** The most that the call can be expected to cost, USD. */
  readonly reserveUsd: number;
}

export interface Charge {
  readonly costUsd: number;
  /** True when the figure comes from the provider's answer. */
  readonly measured: boolean;
  readonly taskId?: string;
}

/**
 * The one door through which money leaves. `pay` checks the budgets, makes the intent durable, performs the call
 * once, and settles it with what it really cost. `budget_reached` and store failures come back before the call is made.
 * A failure of the call itself comes back as it is, already accounted for (nothing when refused, the reserve when unknown).
 */
export interface Payments {
  pay<T>(
    call: PlannedCall,
    perform: () => Promise<Result<T>>,
    charge: (value: T) => Charge,
  ): Promise<Result<T>>;
}
