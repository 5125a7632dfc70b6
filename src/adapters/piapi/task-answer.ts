/**
 * The two status calls answer in two shapes. The stored results (W3) have one, the flat shape of `/mj/v2/fetch`, so that
 * whoever reads them later need not know which call was made; nothing that came is dropped.
 */
import { PIAPI_POINTS_PER_USD } from '../../domain/default-prices.ts';
import { success, type Success } from '../../domain/failure.ts';
import { DEEPEST_JSON, isDeeperThan } from '../../domain/json-depth.ts';
import type { ImageTaskStatus } from '../../ports/image-task.ts';
import type { Redact } from '../http/reason.ts';
import { shownAddress } from '../http/web-address.ts';

/** W3. Everything else, `staged` and words we do not know included, means that the task is still under way. */
const FINAL = new Set(['completed', 'finished', 'failed']);
const LONGEST_STATUS = 60;
/** Bytes of JSON. A real answer has about five thousand; the state that holds it must stay one that can be read again. */
const MOST_KEPT_BYTES = 1024 * 1024;
/** More than any task has cost, in USD: what is named beyond it is no price. */
const MOST_USD = 10_000;

/**
 * The HTTP status that an error `code` of a body stands for; null for a code that names no error. Codes of five digits
 * begin with a status; of other numbers nobody knows what was done.
 */
export function errorStatus(code: unknown): number | null {
  const given = typeof code === 'string' && /^\s*\d{1,9}\s*$/.test(code) ? Number(code) : code;
  if (typeof given !== 'number' || !(given >= 400)) return null;
  const status = Math.trunc(given >= 10_000 && given < 100_000 ? given / 100 : given);
  return status >= 400 && status <= 599 ? status : 500;
}

/** Written again, some JSON is several times as large as it came, and it gets one level deeper. */
export function canBeKept(answer: Readonly<Record<string, unknown>>): boolean {
  return (
    !isDeeperThan(answer, DEEPEST_JSON - 1) && Buffer.byteLength(JSON.stringify(answer)) <= MOST_KEPT_BYTES
  );
}

/** The answer in the shape of `/mj/v2/fetch`; an answer that already has it comes back as it is. */
export function flatTask(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const data = recordOf(answer['data']);
  if (data === null || answer['status'] !== undefined) return { ...answer };
  const { output, ...task } = data;
  const { data: _, ...envelope } = answer;
  return { ...envelope, ...task, task_result: task['task_result'] ?? output ?? {} };
}

const SHOWN = '[redacted]';

/**
 * I8: the whole answer is stored, and it may repeat a key in words of its own. The newer one repeats the webhook's
 * settings of the order; who wrote a key into that address meant it for PiAPI alone. Everything else stays as it came.
 */
export function withoutSecrets(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => withoutSecrets(entry, redact));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      const clean: unknown = withoutSecrets(entry, redact);
      return [redact(name), name === 'webhook_config' ? shownWebhook(clean) : clean];
    }),
  );
}

function shownWebhook(settings: unknown): unknown {
  const { endpoint, secret, ...rest } = recordOf(settings) ?? {};
  if (endpoint === undefined && secret === undefined) return settings;
  return {
    ...(typeof endpoint === 'string' && endpoint !== ''
      ? { endpoint: shownAddress(endpoint) }
      : { endpoint }),
    ...(typeof secret === 'string' && secret !== '' ? { secret: SHOWN } : { secret }),
    ...rest,
  };
}

/** Null when the answer holds no status. */
export function readStatus(flat: Readonly<Record<string, unknown>>): Success<ImageTaskStatus> | null {
  const worded = flat['status'];
  if (typeof worded !== 'string' || worded.trim() === '') return null;
  const status = worded.trim().slice(0, LONGEST_STATUS).toWellFormed();
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
  const usd = points / PIAPI_POINTS_PER_USD;
  return usd > MOST_USD ? null : Number(usd.toFixed(6));
}

function progressOf(flat: Readonly<Record<string, unknown>>): number | null {
  const progress = recordOf(flat['task_result'])?.['task_progress'];
  const number = typeof progress === 'string' ? Number.parseFloat(progress) : progress;
  return typeof number === 'number' && number >= 0 && number <= 100 ? number : null;
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
