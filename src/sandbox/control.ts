/**
 * The sandbox's own door, for tests and people that run it as a process of its own. A web page in a browser must not reach
 * it, so requests that come from a page, or under another host name, are refused.
 */
import { z } from 'zod';

import type { SandboxClock } from './clock.ts';
import { jsonReply, type Call, type Reply } from './exchange.ts';
import { faultRulesSchema, type Faults } from './faults.ts';
import type { Ledger } from './ledger.ts';

export type Control = (call: Call) => Promise<Reply>;

export interface ControlParts {
  readonly clock: SandboxClock;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly advance: (seconds: number) => Promise<void>;
}

const ONE_YEAR_SECONDS = 366 * 86_400;
const faultsSchema = z.strictObject({ rules: faultRulesSchema, seed: z.int().default(1) });
const clockSchema = z.strictObject({ advanceSeconds: z.number().min(0).max(ONE_YEAR_SECONDS) });

/** `GET /health`, `GET /ledger`, `GET /faults`, `POST /faults {rules, seed?}`, `POST /clock {advanceSeconds}`. */
export function createControl({ clock, faults, ledger, advance }: ControlParts): Control {
  return async (call) => {
    if (!isLocal(call)) return problem(403, 'Only programs on this machine may control the sandbox');
    switch (`${call.method} ${call.path}`) {
      case 'GET /health':
        return jsonReply(200, { status: 'ok', now: clock.date().toISOString() });
      case 'GET /ledger':
        return jsonReply(200, {
          entries: ledger.entries(),
          totalUsd: ledger.totalUsd(),
          paidTwice: ledger.paidTwice(),
        });
      case 'GET /faults':
        return jsonReply(200, { counts: faults.counts() });
      case 'POST /faults': {
        const checked = faultsSchema.safeParse(call.json);
        if (!checked.success) return problem(400, z.prettifyError(checked.error));
        faults.set(checked.data.rules, checked.data.seed);
        return jsonReply(200, { rules: checked.data.rules.length });
      }
      case 'POST /clock': {
        const checked = clockSchema.safeParse(call.json);
        if (!checked.success) return problem(400, z.prettifyError(checked.error));
        await advance(checked.data.advanceSeconds);
        return jsonReply(200, { now: clock.date().toISOString() });
      }
      default:
        return problem(404, `There is no ${call.method} ${call.path.slice(0, 100)}`);
    }
  };
}

function isLocal({ headers }: Call): boolean {
  const host = /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/;
  return headers.origin === undefined && host.test(headers.host ?? '');
}

function problem(status: number, error: string): Reply {
  return jsonReply(status, { error });
}
