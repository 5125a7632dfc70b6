/** P5: orders the video from the stored picture. The intent is already saved when this runs. */
import { standsAgainst } from '../domain/evidence.ts';
import type { Failure } from '../domain/failure.ts';
import { partKey } from '../domain/group.ts';
import { cleanScript } from '../domain/script-text.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, isNotAnAttempt, type StepContext, type StepOutcome } from './context.ts';
import { seenPost } from './documents.ts';
import { folderOfPost, noFolder, pictureGone } from './media-files.ts';
import { videoCall } from './paid-calls.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { noText } from './whereabouts.ts';

type RequestEvent = EventNamed<
  | 'video-requested'
  | 'video-failed'
  | 'video-outcome-unknown'
  | 'submission-withdrawn'
  | 'image-given-up'
  | 'picture-failed'
  | 'post-finished'
>;

export const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

export interface VideoOrder {
  readonly id: GenerationId;
  /** Of the `submission` that the state holds. */
  readonly intentId: string;
  readonly replacing: boolean;
}

/** P6: a refusal is no failure of the run; the event carries its reason, and a mock follows. */
export async function requestVideo(
  context: StepContext,
  { id, intentId, replacing }: VideoOrder,
): Promise<StepOutcome<RequestEvent>> {
  const { journal, payments, settings, videoTasks } = context;
  const withdrawn = (failure: Failure): StepOutcome<RequestEvent> =>
    failed(failure, { type: 'submission-withdrawn' });
  const folder = await folderOfPost(context, id, replacing);
  if (!folder.ok) {
    const ended = await noFolder(context, id, folder.failure);
    return ended.failure ? withdrawn(ended.failure) : ended;
  }
  const known = await journal.read(id);
  if (!known.ok) return withdrawn(known.failure);
  const against = standsAgainst(known.value, 'video', settings.picture.maxRetries);
  if (against !== null && 'reason' in against) return happened(noVideo(against.reason));
  if (against !== null) {
    context.log.warn('The video is ordered already; its task is taken up again', { id, ...against });
    return happened({ type: 'video-requested', ...against });
  }
  const post = await seenPost(context, folder.value, id);
  if (!post.ok) {
    const ended = await noText(context, id, post.failure);
    return ended.failure ? withdrawn(ended.failure) : ended;
  }
  const prompt = cleanScript(post.value.script ?? '', videoTasks.maxPromptLength);
  return context.workspace.withFolder(`video-${id}`, async (path) => {
    const fetched = await context.store.getFile(
      partKey(folder.value, id, 'png'),
      path('picture.png'),
      MAX_PICTURE_BYTES,
    );
    if (!fetched.ok) return withdrawn(fetched.failure);
    if (fetched.value === null) return pictureGone(context, id, folder.value, replacing);
    const small = await context.renderer.shrinkPicture(
      path('picture.png'),
      path('picture.jpg'),
      videoTasks.maxPictureBytes,
    );
    if (!small.ok) return happened(noVideo(small.failure.message));
    const { duration, ratio } = settings.video;
    const call = { ...videoCall(context, id), intentId };
    const started = await payments.pay(
      call,
      () => videoTasks.start({ picture: path('picture.jpg'), prompt, duration, ratio }),
      (value) => ({ costUsd: value.costUsd ?? call.reserveUsd, measured: false, taskId: value.taskId }),
    );
    if (started.ok) return happened({ type: 'video-requested', taskId: started.value.taskId });
    // A post that is complete with a mock does not wait for a budget, and hold up the folders: it gets a mock of the picture.
    if (replacing && started.failure.code === 'budget_reached')
      return happened(noVideo(started.failure.message));
    if (isNotAnAttempt(started.failure)) return withdrawn(started.failure);
    context.log.warn('The video could not be ordered', { failure: started.failure });
    if (started.failure.effect === 'unknown') return happened({ type: 'video-outcome-unknown' });
    const refused = noVideo(started.failure.message);
    // P6: a mock comes, as after any refusal; but so it will for every post until somebody mends the key or the account.
    return started.failure.code === 'provider_denied' ? failed(started.failure, refused) : happened(refused);
  });
}

function noVideo(reason: string): EventNamed<'video-failed'> {
  return { type: 'video-failed', reason, late: false };
}
