/** W1–W3: asks once how far the picture is. Nothing is paid and nothing changes unless the answer is final. */
import type { EventNamed } from '../domain/workflow-event.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';

/** No event: the picture is still being painted. `id`: null when the state names no post. */
export async function checkImage(
  context: Pick<StepContext, 'imageTasks' | 'journal' | 'log' | 'payments'>,
  taskId: string,
  id: GenerationId | null,
): Promise<StepOutcome<EventNamed<'image-answered'>>> {
  const status = await context.imageTasks.status(taskId);
  if (!status.ok) return failed(status.failure);
  if (status.value.state === 'pending') {
    context.log.info('The picture is being painted', {
      status: status.value.status,
      progress: status.value.progress,
      taskId,
    });
    return { event: null, failure: null };
  }
  context.log.info('The picture task has ended', { status: status.value.status, taskId });
  const { answer, costUsd } = status.value;
  if (id !== null && costUsd !== null) await context.payments.charged(id, taskId, costUsd);
  if (id !== null && imageCandidates(answer) === null) {
    context.journal.note(id, { type: 'ended', task_id: taskId, reason: status.value.status });
    // Else a run that is killed after the state's write would leave a task that the next one takes for open.
    const saved = await context.journal.save();
    if (!saved.ok) return failed(saved.failure);
  }
  return happened({ type: 'image-answered', answer });
}
