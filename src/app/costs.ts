/** The costs of the channel that a configuration and an environment name, read from its ledger and nothing else. */
import { createSystemClock } from '../adapters/system/clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { success, type Result } from '../domain/failure.ts';
import { monthBefore, monthOf, type LedgerCall } from '../domain/ledger.ts';
import { readLedger } from '../runtime/ledger-store.ts';
import { openStore } from './compose.ts';
import { costReport, type CostReport } from './cost-report.ts';
import { budgetsOf } from './settings.ts';

export interface Costs {
  readonly store: string;
  readonly report: CostReport;
  readonly calls: readonly LedgerCall[];
}

/** `month`: `2026-11`; null: the present one. Two reads, no write. */
export async function costsOf(
  config: Config,
  environment: Environment,
  month: string | null,
  now: Date = createSystemClock().now(),
): Promise<Result<Costs>> {
  const store = await openStore(config, environment);
  if (!store.ok) return store;
  const asked = month ?? monthOf(now);
  const calls = await readLedger(store.value, asked);
  if (!calls.ok) return calls;
  const before = await readLedger(store.value, monthBefore(asked));
  if (!before.ok) return before;
  const report = costReport({
    month: asked,
    calls: calls.value ?? [],
    callsBefore: before.value ?? [],
    budgets: budgetsOf(config),
    now,
  });
  return success({ store: store.value.description, report, calls: calls.value ?? [] });
}
