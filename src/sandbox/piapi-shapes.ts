/** A Midjourney task in the two shapes in which PiAPI shows it: the envelope of `/api/v1/task` and the flat one of `/mj/v2/fetch`. */
export interface PiapiTask {
  readonly id: string;
  readonly type: 'imagine' | 'upscale';
  readonly input: Readonly<Record<string, unknown>>;
  readonly prompt: string;
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  readonly finishedAt: number;
  readonly expectedSeconds: number;
  readonly costUsd: number;
  /** The grid of four, or the one picture of an upscale; empty when the answer is to name no file. */
  readonly imageUrl: string;
  readonly singleUrls: readonly string[] | null;
  /** Why the task will fail; null when it will not. */
  readonly failure: string | null;
  /** Still to be called; null once it was, or when none is wanted. */
  webhook: { readonly endpoint: string; readonly secret: string } | null;
  readonly webhookSettings: { readonly endpoint: string; readonly secret: string };
}

export interface TaskView {
  readonly task: PiapiTask;
  readonly now: number;
}

const NEVER = '0001-01-01T00:00:00Z';
/** Share of the time after which a task is no longer `pending`. */
const PENDING_SHARE = 0.1;
/** PiAPI counts in points; ten million to a dollar. */
const POINTS_PER_USD = 10_000_000;
const MOST_PROGRESS_BEFORE_END = 95;

export function isFinished({ task, now }: TaskView): boolean {
  return now >= task.finishedAt;
}

/** As `GET /api/v1/task/{id}` and the create call show it. */
export function envelopeOf(view: TaskView): { code: 200; data: Record<string, unknown>; message: 'success' } {
  const { task } = view;
  const state = stateOf(view);
  const usage = usageOf(view);
  return {
    code: 200,
    data: {
      task_id: task.id,
      model: 'midjourney',
      task_type: task.type,
      status: state === 'finished' ? 'completed' : state,
      config: { service_mode: 'public', webhook_config: task.webhookSettings },
      input: task.input,
      output: { ...picturesOf(view), progress: progressOf(view), intermediate_image_urls: null },
      meta: {
        created_at: timeOf(task.createdAt),
        started_at: state === 'pending' ? NEVER : timeOf(task.createdAt),
        ended_at: isFinished(view) ? timeOf(task.finishedAt) : NEVER,
        usage,
        is_using_private_pool: false,
        model_version: 'unknown',
        process_mode: typeof task.input['process_mode'] === 'string' ? task.input['process_mode'] : 'fast',
        failover_triggered: false,
      },
      detail: null,
      logs: [],
      error: errorOf(view),
    },
    message: 'success',
  };
}

/** As `POST /mj/v2/fetch` shows it. */
export function flatOf(view: TaskView): Record<string, unknown> {
  const { task } = view;
  const state = stateOf(view);
  return {
    task_id: task.id,
    status: state,
    process_time: isFinished(view) ? Math.round(task.expectedSeconds) : 0,
    meta: {
      account_id: 1,
      task_type: task.type,
      origin_task_id: typeof task.input['origin_task_id'] === 'string' ? task.input['origin_task_id'] : '',
      task_param: task.input,
      created_at: Math.floor(task.createdAt / 1000),
      usage: usageOf(view),
    },
    task_result: {
      ...picturesOf(view),
      task_progress: progressOf(view),
      message: '',
      error_messages: state === 'failed' ? [task.failure] : [],
      need_retry: false,
    },
  };
}

function stateOf({ task, now }: TaskView): 'pending' | 'processing' | 'finished' | 'failed' {
  if (now >= task.finishedAt) return task.failure === null ? 'finished' : 'failed';
  return now - task.createdAt < task.expectedSeconds * PENDING_SHARE * 1000 ? 'pending' : 'processing';
}

function progressOf(view: TaskView): number {
  const { task, now } = view;
  const state = stateOf(view);
  if (state === 'finished') return 100;
  if (state !== 'processing') return 0;
  return Math.min(
    MOST_PROGRESS_BEFORE_END,
    Math.floor(((now - task.createdAt) / (task.expectedSeconds * 1000)) * 100),
  );
}

function picturesOf(view: TaskView): Record<string, unknown> {
  const { task } = view;
  const done = stateOf(view) === 'finished';
  const actions =
    task.type === 'imagine' ? ['reroll', 'upscale1', 'upscale2', 'upscale3', 'upscale4'] : ['reroll'];
  return {
    discord_image_url: '',
    image_url: done ? task.imageUrl : '',
    image_urls: null,
    temporary_image_urls: done ? task.singleUrls : null,
    actions: done ? actions : [],
  };
}

function usageOf(view: TaskView): Record<string, unknown> {
  const points = Math.round(view.task.costUsd * POINTS_PER_USD);
  return { type: 'point', frozen: points, consume: stateOf(view) === 'finished' ? points : 0 };
}

function errorOf(view: TaskView): Record<string, unknown> {
  const reason = stateOf(view) === 'failed' ? (view.task.failure ?? '') : '';
  return { code: reason === '' ? 0 : 10_000, raw_message: reason, message: reason, detail: null };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
