/** W1–W3: asks once how far the picture is. Nothing is paid and nothing changes unless the answer is final. */
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';

/** No event: the picture is still being painted. */
export async function checkImage(
  context: Pick<StepContext, 'imageTasks' | 'log'>,
  taskId: string,
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
  return happened({ type: 'image-answered', answer: status.value.answer });
}
