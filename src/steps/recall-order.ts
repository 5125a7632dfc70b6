/**
 * I3: a run that died between its order and the state's next write leaves an intent without a task. The journal is saved
 * before the call and before the state's next write: without an intent there nothing was ordered, with a task its id is
 * known, and only between the two is the outcome unknown.
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
  | 'image-requested'
  | 'image-outcome-unknown'
  | 'video-requested'
  | 'video-outcome-unknown'
  | 'submission-withdrawn'
>;

export async function recallOrder(
  { journal, log }: Pick<StepContext, 'journal' | 'log'>,
  { id, intentId, kind }: LeftOrder,
): Promise<StepOutcome<RecallEvent>> {
  const read = await journal.read(id);
  // A journal that cannot be read may hold the id: to order again now could pay twice.
  if (!read.ok) return failed(read.failure);
  const { entries } = read.value;
  const intents = entries.filter((entry) => entry.type === 'intent');
  // A journal without any was lost, whatever this run has noted since: it cannot say that nothing was ordered.
  if (intents.length > 0 && !intents.some((intent) => intent.intent_id === intentId))
    return happened({ type: 'submission-withdrawn' });
  const taskId = orderedTask(entries, intentId);
  if (taskId === null) {
    log.warn('An earlier run ended while it ordered; nobody knows whether the order arrived', { id, kind });
    return happened({ type: kind === 'image' ? 'image-outcome-unknown' : 'video-outcome-unknown' });
  }
  log.info('An earlier run ended right after its order; the journal knows the task', { id, kind, taskId });
  return happened({ type: kind === 'image' ? 'image-requested' : 'video-requested', taskId });
}
