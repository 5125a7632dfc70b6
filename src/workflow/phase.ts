/** Where a post stands, read from the image document alone: the five states of S4, and the cracks between them (D5, S5). */
import type { ImageDocument, TaskReference } from '../domain/channel-state.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import { secondsSince } from '../domain/timestamp.ts';

export const PHASES = [
  'timed-out',
  'results',
  'task',
  'task-undated',
  'submission',
  'results-unusable',
  'idle',
] as const;

/**
 * - `timed-out`: the picture did not come; mock media are due (Scenario 0)
 * - `results`: usable picture URLs, or a picture already saved (Scenario 3)
 * - `task`: a picture is being painted (Scenario 2)
 * - `task-undated`: the same in an old spelling that does not say since when (S5)
 * - `submission`: a picture is to be ordered (Scenario 4)
 * - `results-unusable`: an answer without a usable URL (D5)
 * - `idle`: nothing of the above (Scenario 1)
 */
export type Phase = (typeof PHASES)[number];

/** In the owner's order of scenarios: 0, 3, 2, 4, 1 (M3). */
export function phaseOf(image: ImageDocument): Phase {
  if (image.status === 'timed_out_mock_needed') return 'timed-out';
  if (hasUsableResults(image)) return 'results';
  if (image.midjourney_task !== null && taskIdOf(image) !== null)
    return datedTask(image) ? 'task' : 'task-undated';
  if (image.generation) return 'submission';
  if (image.midjourney_results !== null && Object.keys(image.midjourney_results).length > 0)
    return 'results-unusable';
  return 'idle';
}

function hasUsableResults(image: ImageDocument): boolean {
  if (image.picture) return true;
  return image.midjourney_results !== null && imageCandidates(image.midjourney_results) !== null;
}

/** Within `results`: nothing is left but to wait for the video. */
export function isVideoOrdered(image: ImageDocument | undefined): boolean {
  return (image?.video_task ?? null) !== null && (image?.video_failure ?? null) === null;
}

export function taskIdOf(image: ImageDocument): string | null {
  const task = image.midjourney_task;
  if (typeof task === 'string') return task;
  return task !== null && 'task_id' in task && typeof task.task_id === 'string' ? task.task_id : null;
}

export function datedTask(image: ImageDocument): TaskReference | null {
  const task = image.midjourney_task;
  if (task === null || typeof task !== 'object') return null;
  return 'requested_at_utc' in task && typeof task.requested_at_utc === 'string'
    ? (task as TaskReference)
    : null;
}

/** S5: false for a task that does not say since when it runs, and for one that cannot be right about it. */
export function knowsItsAge(image: ImageDocument, now: Date): boolean {
  const task = datedTask(image);
  return task !== null && secondsSince(task.requested_at_utc, now) !== Number.POSITIVE_INFINITY;
}
