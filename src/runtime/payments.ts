/**
 * The one place through which money leaves (I3): budget, durable intent, one call, settlement. A settlement that could
 * not be written any more leaves the intent standing, and the next run counts its reserve as spent.
 */
import { success, type Failure, type Result } from '../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Lease } from '../ports/lease.ts';
import type { Payments } from '../ports/payments.ts';
import type { Random } from '../ports/random.ts';

export interface PaymentParts {
  readonly journal: Journal;
  readonly lease: Pick<Lease, 'ensureHeld'>;
  readonly clock: Clock;
  readonly random: Random;
}

export function createPayments({ journal, lease, clock, random }: PaymentParts): Payments {
  return {
    async pay(call, perform, charge) {
      const { id, kind, stage, provider, model } = call;
      const name = random.identifier();
      journal.note(id, {
        type: 'intent',
        call: name,
        kind,
        stage,
        provider,
        model,
        reserved_usd: call.reserveUsd,
      });
      const saved = await journal.save();
      if (!saved.ok) return saved;
      const held: Result<void> = await lease.ensureHeld();
      if (!held.ok) return held;
      const started = clock.monotonicSeconds();
      const answer = await perform();
      const seconds = Math.round((clock.monotonicSeconds() - started) * 1000) / 1000;
      if (answer.ok) {
        const { costUsd, measured, taskId } = charge(answer.value);
        const task = taskId === undefined ? {} : { task_id: taskId };
        journal.note(id, {
          type: 'settled',
          call: name,
          outcome: 'succeeded',
          cost_usd: costUsd,
          measured,
          seconds,
          ...task,
        });
        return success(answer.value);
      }
      const outcome = outcomeOf(answer.failure);
      const lost = { outcome, cost_usd: outcome === 'refused' ? 0 : call.reserveUsd, measured: false } as const;
      journal.note(id, { type: 'settled', call: name, ...lost, seconds, detail: answer.failure.message });
      return answer;
    },
  };
}

/** `refused`: nothing happened. `failed`: it was answered, and charged, but the answer is useless. `unknown`: nobody knows. */
function outcomeOf(failed: Failure): 'refused' | 'failed' | 'unknown' {
  if (failed.effect === 'refused') return 'refused';
  return failed.code === 'provider_outcome_unknown' ? 'unknown' : 'failed';
}
