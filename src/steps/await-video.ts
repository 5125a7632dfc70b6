/**
 * P5, P6: waits for the video, fetches and measures it, and stores it. Whatever fails, the run does not: a mock follows.
 * A task that may still finish is remembered, so that a late video can take the mock's place.
 */
import type { TaskReference } from '../domain/channel-state.ts';
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { partKey } from '../domain/group.ts';
import { PAUSE_SECONDS } from '../domain/request-limits.ts';
import { secondsSince } from '../domain/timestamp.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { videoProblem } from './video-problem.ts';
import { noText } from './whereabouts.ts';
import { failed, happened, isNotAnAttempt, type StepContext, type StepOutcome } from './context.ts';
import { seenPost } from './documents.ts';
import { describeMedia, folderOfPost, noFolder, pictureGone, uploadPart } from './media-files.ts';

type VideoEvent = EventNamed<
  'media-saved' | 'video-failed' | 'image-given-up' | 'picture-failed' | 'post-finished'
>;

export interface VideoInput {
  readonly id: GenerationId;
  readonly task: TaskReference;
  readonly replacing: boolean;
  /** A task that nobody is allowed to ask after is kept for its owner until it is this old, seconds. */
  readonly maxAgeSeconds: number;
}

export async function awaitVideo(context: StepContext, input: VideoInput): Promise<StepOutcome<VideoEvent>> {
  const { id, replacing, task } = input;
  const url = await waitForUrl(context, input);
  if (!url.ok) {
    // A post that is complete with a mock holds up the folders while it waits; its video may still come late.
    if (replacing && (url.failure.code === 'provider_denied' || url.failure.code === 'secret_missing'))
      return happened(mockInstead(url.failure.message, true));
    if (context.signal.aborted || isOwnersBusiness(url.failure)) return failed(url.failure);
    return happened(mockInstead(url.failure.message, url.failure.code === 'task_timed_out'));
  }
  return context.workspace.withFolder(`video-${id}`, async (path) => {
    const file = path('video.mp4');
    const checked = await fetchVideo(context, url.value, file);
    if (!checked.ok) {
      if (isNotAnAttempt(checked.failure)) return failed(checked.failure);
      // What could not be fetched may be the next time; what arrived and is not the clip never will be.
      return happened(mockInstead(checked.failure.message, checked.failure.code === 'download_failed'));
    }
    const folder = await folderOfPost(context, id, replacing);
    if (!folder.ok) return noFolder(context, id, folder.failure);
    const text = await seenPost(context, folder.value, id);
    if (!text.ok) return noText(context, id, text.failure);
    const uploaded = await uploadPart(context, folder.value, id, 'runway', file);
    if (!uploaded.ok) return failed(uploaded.failure);
    const described = await describeMedia(context, folder.value, id, {
      media: { video: 'runway', video_task_id: task.task_id },
    });
    if (!described.ok) return failed(described.failure);
    // The wait was long enough for hands in the folder.
    const picture = partKey(folder.value, id, 'png');
    return uploaded.value.some(({ key }) => key === picture)
      ? happened({ type: 'media-saved' })
      : pictureGone(context, id, folder.value, replacing);
  });
}

function mockInstead(reason: string, late: boolean): EventNamed<'video-failed'> {
  return { type: 'video-failed', reason, late };
}

/** It says nothing about the task, which is paid for and goes on: a mock would blame Runway for a key that is missing here. */
function isOwnersBusiness(problem: Failure): boolean {
  return isNotAnAttempt(problem) || problem.code === 'provider_denied';
}

/**
 * Asked at least once, however late it is: a run that resumes an old task finds it finished more often than not. How old
 * the task is, only the wall clock can say; it is read once, since it may be set while this run waits (I6).
 */
async function waitForUrl(
  context: StepContext,
  { id, maxAgeSeconds, task }: VideoInput,
): Promise<Result<string>> {
  const { clock, log, payments, settings, videoTasks } = context;
  const age = secondsSince(task.requested_at_utc, clock.now());
  const waited = Number.isFinite(age) ? Math.max(0, age) : 0;
  const deadline = clock.monotonicSeconds() + settings.video.timeoutSeconds - waited;
  for (;;) {
    const status = await videoTasks.status(task.task_id);
    if (status.ok && status.value.state !== 'pending' && status.value.costUsd !== null)
      await payments.charged(id, task.task_id, status.value.costUsd);
    if (status.ok && status.value.state === 'succeeded') return success(status.value.url);
    if (status.ok && status.value.state === 'failed') {
      return failure('task_failed', `The video task failed: ${status.value.reason}`, {
        provider: videoTasks.provider,
        id: task.task_id,
      });
    }
    if (status.ok && status.value.state === 'pending')
      log.info('The video is being made', { ...status.value, taskId: task.task_id });
    if (!status.ok && isOwnersBusiness(status.failure)) {
      // Whoever mends the key in time gets the video; whoever never does gets a mock, and the channel goes on.
      if (age <= maxAgeSeconds) return status;
      const hours = Math.round(maxAgeSeconds / 3600);
      return failure(
        'task_timed_out',
        `The video was ordered over ${hours} hours ago and cannot be asked for: ${status.failure.message}`,
        status.failure.where,
      );
    }
    if (!status.ok) log.warn('The video task could not be asked', { failure: status.failure });
    if (context.signal.aborted)
      return failure(
        'task_timed_out',
        'The run was asked to stop while the video was being made',
        { id: task.task_id },
        { advice: 'The video is paid for once, and the next run fetches it.' },
      );
    if (clock.monotonicSeconds() + settings.video.pollSeconds > deadline) {
      return failure('task_timed_out', `No video after ${settings.video.timeoutSeconds} s`, {
        provider: videoTasks.provider,
        id: task.task_id,
      });
    }
    const held = await pause(context);
    if (!held.ok) return held;
  }
}

/** An interval of ten minutes would use up the lease in one sleep. */
async function pause({ clock, keepLease, settings, signal }: StepContext): Promise<Result<void>> {
  for (let left = settings.video.pollSeconds; left > 0; left -= PAUSE_SECONDS) {
    await clock.sleep(Math.min(left, PAUSE_SECONDS), signal);
    const held = await keepLease();
    if (!held.ok || signal.aborted) return held;
  }
  return success(undefined);
}

/** `download_failed`: it did not come, or not whole. `video_invalid`: it came, and is not what was ordered. */
async function fetchVideo(context: StepContext, url: string, file: string): Promise<Result<void>> {
  const fetched = await context.downloads.fetchFile(url, file, 'video');
  if (!fetched.ok) return fetched;
  const held = await context.keepLease();
  if (!held.ok) return held;
  const facts = await context.renderer.measureVideo(file);
  if (!facts.ok)
    return facts.failure.code === 'video_invalid' ? failure('download_failed', facts.failure.message) : facts;
  const problem = videoProblem(facts.value, context.settings.video);
  return problem === null ? success(undefined) : failure('video_invalid', problem);
}
