/**
 * I3: a run that died between its order and the state's next write leaves an intent without a task. The journal is saved
 * before the state, so the task's id may stand there; only when it does not is the outcome unknown.
 */
import type { GenerationId } from '../domain/generation-id.ts';
import { callCosts } from '../domain/journal-costs.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';

export interface LeftOrder {
  readonly id: GenerationId;
  readonly kind: 'image' | 'video';
  /** When the intent was written; the call that it announces was made after it, by the same run. */
  readonly since: string;
}

type RecallEvent = EventNamed<
  'image-requested' | 'image-outcome-unknown' | 'video-requested' | 'video-outcome-unknown'
>;

export async function recallOrder(
  context: Pick<StepContext, 'journal' | 'log'>,
  order: LeftOrder,
): Promise<StepOutcome<RecallEvent>> {
  const { id, kind } = order;
  const journal = await context.journal.read(id);
  // A journal that cannot be read may hold the id: to order again now could pay twice.
  if (!journal.ok) return failed(journal.failure);
  const taskId = orderedTask(journal.value.entries, order);
  if (taskId === null) {
    context.log.warn('An earlier run ended while it ordered; nobody knows whether the order arrived', {
      id,
      kind,
    });
    return happened({ type: kind === 'image' ? 'image-outcome-unknown' : 'video-outcome-unknown' });
  }
  context.log.info('An earlier run ended right after its order; the journal knows the task', {
    id,
    kind,
    taskId,
  });
  return happened({ type: kind === 'image' ? 'image-requested' : 'video-requested', taskId });
}

/** The id that the provider gave for the call made under this intent; an older call's task has had its turn. */
function orderedTask(entries: readonly JournalEntry[], { kind, since }: LeftOrder): string | null {
  const begun = parseTimestamp(since)?.getTime() ?? Number.POSITIVE_INFINITY;
  const last = callCosts(entries).findLast(({ intent }) => intent?.kind === kind);
  const intended = parseTimestamp(last?.intent?.at_utc ?? '')?.getTime() ?? Number.NEGATIVE_INFINITY;
  return intended >= begun ? (last?.settled?.task_id ?? null) : null;
}
