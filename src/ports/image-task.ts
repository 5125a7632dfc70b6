import type { Result } from '../domain/failure.ts';

export interface ImageRequest {
  readonly prompt: string;
  /** `16:9` */
  readonly aspectRatio: string;
  /** Midjourney's, as configured (`7.0`); left out when null. */
  readonly version: string | null;
  /** Left out when null or empty (P3). */
  readonly style: string | null;
}

export type ImageTaskStatus =
  /** `status` and `progress` as the provider words them, for the log. */
  | { readonly state: 'pending'; readonly status: string; readonly progress: number | null }
  /** Finished, well or not: `answer` is the provider's whole JSON, of the shape of `/mj/v2/fetch` (W3). */
  | {
      readonly state: 'final';
      readonly status: string;
      readonly answer: Record<string, unknown>;
      readonly costUsd: number | null;
    };

/**
 * A paid, slow job. `submit` sends exactly one request: a failure with effect `unknown` may have been charged.
 * `status` changes nothing and may be asked at any time, by any run, for any task id.
 */
export interface ImageTasks {
  readonly provider: string;
  readonly model: string;
  submit(
    request: ImageRequest,
  ): Promise<Result<{ readonly taskId: string; readonly costUsd: number | null }>>;
  status(taskId: string): Promise<Result<ImageTaskStatus>>;
}
