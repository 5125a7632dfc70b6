/** P3: orders the picture. The intent is already saved when this runs; what becomes of it decides between D4 and I3. */
import { standsAgainst } from '../domain/evidence.ts';
import { failure } from '../domain/failure.ts';
import { partKey } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, isNotAnAttempt, type StepContext, type StepOutcome } from './context.ts';
import { seenPost } from './documents.ts';
import { imageCall } from './paid-calls.ts';
import { noText } from './whereabouts.ts';

export async function requestImage(
  context: StepContext,
  id: GenerationId,
  intentId: string,
): Promise<
  StepOutcome<
    EventNamed<
      | 'image-requested'
      | 'image-refused'
      | 'image-outcome-unknown'
      | 'image-given-up'
      | 'submission-withdrawn'
      | 'post-finished'
    >
  >
> {
  const { settings, imageTasks, journal, payments, prices } = context;
  const known = await journal.read(id);
  if (!known.ok) return failed(known.failure, { type: 'submission-withdrawn' });
  const against = standsAgainst(known.value, 'image', settings.picture.maxRetries);
  if (against !== null && 'reason' in against)
    return happened({ type: 'image-given-up', ...against, late: false });
  if (against !== null) {
    context.log.warn('The picture is ordered already; its task is taken up again', { id, ...against });
    return happened({ type: 'image-requested', ...against });
  }
  const post = await seenPost(context, settings.folders.fresh, id);
  if (!post.ok) {
    const ended = await noText(context, id, post.failure);
    return ended.failure ? failed(ended.failure, { type: 'submission-withdrawn' }) : ended;
  }
  const prompt = post.value.first_frame_description?.trim() ?? '';
  if (prompt === '')
    return failed(
      failure(
        'content_missing',
        'The post has no first_frame_description to paint from',
        { key: partKey(settings.folders.fresh, id, 'json'), id },
        {
          advice:
            'Write one into that file and the next run orders the picture; without it, the post gets a placeholder after WORKFLOW.max_retries.',
        },
      ).failure,
      { type: 'image-refused' },
    );
  const { aspectRatio, version, style } = settings.picture;
  const submitted = await payments.pay(
    { ...imageCall(context, id), intentId },
    () => imageTasks.submit({ prompt, aspectRatio, version, style }),
    (value) => ({
      costUsd: value.costUsd ?? prices.image,
      measured: value.costUsd !== null,
      taskId: value.taskId,
    }),
  );
  if (submitted.ok) return happened({ type: 'image-requested', taskId: submitted.value.taskId });
  if (isNotAnAttempt(submitted.failure)) return failed(submitted.failure, { type: 'submission-withdrawn' });
  return failed(submitted.failure, {
    type: submitted.failure.effect === 'unknown' ? 'image-outcome-unknown' : 'image-refused',
  });
}
