/**
 * I3: a run that died between its order and the state's next write leaves an intent without a task. The journal is saved
 * before the state, so the task's id may stand there; only when it does not is the outcome unknown.
 */
import type { GenerationId } from '../domain/generation-id.ts';
import { orderedTask } from '../domain/journal-costs.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';

export interface LeftOrder {
  readonly id: GenerationId;
  readonly kind: 'image' | 'video';
  /** Of the `submission` that was left in the state. */
  readonly intentId: string;
}

type RecallEvent = EventNamed<
  'image-requested' | 'image-outcome-unknown' | 'video-requested' | 'video-outcome-unknown'
>;

export async function recallOrder(
  { journal, log }: Pick<StepContext, 'journal' | 'log'>,
  { id, intentId, kind }: LeftOrder,
): Promise<StepOutcome<RecallEvent>> {
  const read = await journal.read(id);
  // A journal that cannot be read may hold the id: to order again now could pay twice.
  if (!read.ok) return failed(read.failure);
  const taskId = orderedTask(read.value.entries, intentId);
  if (taskId === null) {
    log.warn('An earlier run ended while it ordered; nobody knows whether the order arrived', { id, kind });
    return happened({ type: kind === 'image' ? 'image-outcome-unknown' : 'video-outcome-unknown' });
  }
  log.info('An earlier run ended right after its order; the journal knows the task', { id, kind, taskId });
  return happened({ type: kind === 'image' ? 'image-requested' : 'video-requested', taskId });
}
