/**
 * The two status calls answer in two shapes. The stored results (W3) have one, the flat shape of `/mj/v2/fetch`, so that
 * whoever reads them later need not know which call was made; nothing that came is dropped.
 */
import { PIAPI_POINTS_PER_USD } from '../../domain/default-prices.ts';
import { success, type Success } from '../../domain/failure.ts';
import type { ImageTaskStatus } from '../../ports/image-task.ts';

/** W3. Everything else, `staged` and words we do not know included, means that the task is still under way. */
const FINAL = new Set(['completed', 'finished', 'failed']);
const LONGEST_STATUS = 60;

/** The answer in the shape of `/mj/v2/fetch`; an answer that already has it comes back as it is. */
export function flatTask(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const data = recordOf(answer['data']);
  if (data === null || answer['status'] !== undefined) return { ...answer };
  const { output, ...task } = data;
  const { data: _, ...envelope } = answer;
  return { ...envelope, ...task, task_result: task['task_result'] ?? output ?? {} };
}

const SHOWN = '[redacted]';
const DEEPEST = 20;

/**
 * I8: the newer answer repeats the webhook's settings of the order, its secret included, and the whole answer is stored.
 * Everything else stays as it came.
 */
export function withoutSecrets(value: unknown, secrets: readonly string[], depth = 0): unknown {
  if (typeof value === 'string') return secrets.includes(value) ? SHOWN : value;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((entry) => withoutSecrets(entry, secrets, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      const clean: unknown = withoutSecrets(entry, secrets, depth + 1);
      const settings = name === 'webhook_config' ? recordOf(clean) : null;
      const given = typeof settings?.['secret'] === 'string' && settings['secret'] !== '';
      return [name, given ? { ...settings, secret: SHOWN } : clean];
    }),
  );
}

/** Null when the answer holds no status. */
export function readStatus(flat: Readonly<Record<string, unknown>>): Success<ImageTaskStatus> | null {
  const worded = flat['status'];
  if (typeof worded !== 'string' || worded.trim() === '') return null;
  const status = worded.trim().slice(0, LONGEST_STATUS);
  if (FINAL.has(status.toLowerCase()))
    return success({ state: 'final', status, answer: { ...flat }, costUsd: costOf(flat) });
  return success({ state: 'pending', status, progress: progressOf(flat) });
}

/** `meta.usage.consume`: the points that the finished task took, none when it failed and they were given back. */
function costOf(flat: Readonly<Record<string, unknown>>): number | null {
  const usage = recordOf(recordOf(flat['meta'])?.['usage']);
  const points = usage?.['consume'];
  if (usage?.['type'] !== 'point' || typeof points !== 'number' || !Number.isFinite(points) || points < 0)
    return null;
  return Number((points / PIAPI_POINTS_PER_USD).toFixed(6));
}

function progressOf(flat: Readonly<Record<string, unknown>>): number | null {
  const progress = recordOf(flat['task_result'])?.['task_progress'];
  const number = typeof progress === 'string' ? Number.parseFloat(progress) : progress;
  return typeof number === 'number' && number >= 0 && number <= 100 ? number : null;
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
