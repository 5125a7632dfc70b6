/**
 * Asks after tasks that were given up. One that finished while its post still waits with a mock, unpublished, comes back
 * into the making, where its result takes the mock's place; one that failed, or came too late, is forgotten.
 */
import type { LateTask } from '../domain/channel-state.ts';
import { success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import { secondsSince } from '../domain/timestamp.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';
import { readPost } from './documents.ts';
import { findPost } from './media-files.ts';

type LateEvent = EventNamed<'late-result' | 'late-task-dropped'>;
type Fate =
  | { readonly type: 'wait' }
  | { readonly type: 'drop' }
  | { readonly type: 'use'; readonly answer: Record<string, unknown> | null };

export interface LateInput {
  readonly tasks: readonly LateTask[];
  /** Ids that the publisher has marked. */
  readonly published: readonly GenerationId[];
  /** A task older than this is forgotten, seconds. */
  readonly maxAgeSeconds: number;
}

/** The first task that has something to report; no event when all of them are still to be waited for. */
export async function checkLate(context: StepContext, input: LateInput): Promise<StepOutcome<LateEvent>> {
  for (const task of input.tasks) {
    const fate = await fateOf(context, task, input);
    // There may be a hundred, and a question takes up to two minutes.
    const held = await context.keepLease();
    if (!held.ok) return failed(held.failure);
    if (!fate.ok) {
      context.log.warn('A late task could not be asked after', { failure: fate.failure });
      continue;
    }
    if (fate.value.type === 'drop') return happened({ type: 'late-task-dropped', task });
    if (fate.value.type === 'use') {
      context.journal.note(task.id, {
        type: 'note',
        text: `A late ${task.kind} arrived and takes the place of the mock.`,
      });
      return happened({ type: 'late-result', task, answer: fate.value.answer });
    }
  }
  return { event: null, failure: null };
}

async function fateOf(context: StepContext, task: LateTask, input: LateInput): Promise<Result<Fate>> {
  if (input.published.includes(task.id)) return success({ type: 'drop' });
  const place = await findPost(context, task.id);
  if (!place.ok) return place.failure.code === 'content_missing' ? success({ type: 'drop' }) : place;
  const age = secondsSince(task.requested_at_utc, context.clock.now());
  const fate = task.kind === 'image' ? await imageFate(context, task) : await videoFate(context, task);
  // Asked once more even when it is old: the answer decides, the age only ends the waiting.
  const waiting = !fate.ok || fate.value.type === 'wait';
  if (waiting) return age > input.maxAgeSeconds ? success({ type: 'drop' }) : fate;
  if (!fate.ok || fate.value.type !== 'use') return fate;
  const has = await hasIt(context, task, place.value);
  return has.ok ? (has.value ? success({ type: 'drop' }) : fate) : has;
}

/** I3: it is what the post is made of already, by way of a state that was lost and found again: nothing is to be replaced. */
async function hasIt(context: StepContext, task: LateTask, folder: string): Promise<Result<boolean>> {
  const post = await readPost(context, folder, task.id);
  if (!post.ok) return post;
  const { image, image_task_id: picture, video, video_task_id: film } = post.value.media ?? {};
  return success(
    task.kind === 'image'
      ? image === 'midjourney' && picture === task.task_id
      : video === 'runway' && film === task.task_id,
  );
}

async function imageFate(context: StepContext, task: LateTask): Promise<Result<Fate>> {
  const status = await context.imageTasks.status(task.task_id);
  if (!status.ok) return status.failure.retry === 'never' ? success({ type: 'drop' }) : status;
  if (status.value.state === 'pending') return success({ type: 'wait' });
  const { answer, costUsd } = status.value;
  if (costUsd !== null) await context.payments.charged(task.id, task.task_id, costUsd);
  return success(imageCandidates(answer) === null ? { type: 'drop' } : { type: 'use', answer });
}

async function videoFate(context: StepContext, task: LateTask): Promise<Result<Fate>> {
  const status = await context.videoTasks.status(task.task_id);
  if (!status.ok) return status.failure.retry === 'never' ? success({ type: 'drop' }) : status;
  if (status.value.state === 'pending') return success({ type: 'wait' });
  const { costUsd } = status.value;
  if (costUsd !== null) await context.payments.charged(task.id, task.task_id, costUsd);
  return success(status.value.state === 'failed' ? { type: 'drop' } : { type: 'use', answer: null });
}
