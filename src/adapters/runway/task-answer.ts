/** What Runway says about a task. A word that we do not know means "not finished": giving up a task that still runs would pay for it twice. */
import { z } from 'zod';

import { USD_PER_RUNWAY_CREDIT } from '../../domain/default-prices.ts';
import { failure, success, type Result } from '../../domain/failure.ts';
import type { VideoTaskStatus } from '../../ports/video-task.ts';
import { shortReason, type Redact } from '../http/reason.ts';

const creditsSchema = z.looseObject({ credits: z.number().nonnegative().max(1_000_000) });

const taskSchema = z.looseObject({
  id: z.string().trim().nullish().catch(null),
  status: z.string().trim().min(1).max(100),
  progress: z.number().nullish().catch(null),
  output: z.array(z.unknown()).nullish().catch(null),
  failure: z.string().nullish().catch(null),
  failureCode: z.string().nullish().catch(null),
  cost: creditsSchema.nullish().catch(null),
});

/**
 * `failed` keeps Runway's reason and its code, such as `SAFETY.INPUT.TEXT`, which tells that the same request would fail
 * again. `provider_bad_answer` when there is no status, or a success without an address, or when it is about another task.
 */
export function readTask(json: unknown, taskId: string, redact: Redact): Result<VideoTaskStatus> {
  const task = taskSchema.safeParse(json);
  if (!task.success) return badAnswer('holds no status');
  if (task.data.id && task.data.id !== taskId) return badAnswer('is about another task');
  const { status, progress, output } = task.data;
  const costUsd = usdOf(task.data.cost);
  switch (status.toUpperCase()) {
    case 'SUCCEEDED': {
      const url = (output ?? []).find((entry) => typeof entry === 'string' && /^https?:\/\//i.test(entry));
      return typeof url === 'string'
        ? success({ state: 'succeeded', url, costUsd })
        : badAnswer('is a success without a video');
    }
    case 'FAILED':
      return success({ state: 'failed', reason: reasonOf(task.data, redact), costUsd });
    case 'CANCELLED':
    case 'CANCELED':
      return success({ state: 'failed', reason: 'The task was cancelled', costUsd });
    default:
      return success({ state: 'pending', status, progress: percent(progress) });
  }
}

/** The most that Runway says a new task will charge, USD; null when it does not say. */
export function estimatedUsd(created: Readonly<Record<string, unknown>>): number | null {
  return usdOf(creditsSchema.nullish().catch(null).parse(created['estimatedCost']));
}

function usdOf(cost: z.infer<typeof creditsSchema> | null | undefined): number | null {
  return cost ? Number((cost.credits * USD_PER_RUNWAY_CREDIT).toFixed(6)) : null;
}

function reasonOf(task: z.infer<typeof taskSchema>, redact: Redact): string {
  const code = task.failureCode?.trim() ?? '';
  const words = task.failure?.trim() ?? '';
  const reason = [words, code === '' ? '' : `(${code})`].filter((part) => part !== '').join(' ');
  return reason === '' ? 'Runway gave no reason' : shortReason(reason, redact);
}

// Runway counts from 0 to 1, the log from 0 to 100.
function percent(progress: number | null | undefined): number | null {
  return progress === null || progress === undefined || progress < 0 || progress > 1
    ? null
    : Math.round(progress * 100);
}

function badAnswer(problem: string): ReturnType<typeof failure> {
  return failure('provider_bad_answer', `Checking the video task: the answer ${problem}`, {
    provider: 'runway',
  });
}
