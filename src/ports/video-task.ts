import type { Result } from '../domain/failure.ts';

export interface VideoRequest {
  /** Local picture file, already small enough for the provider. */
  readonly picture: string;
  /** One line, within the provider's limit. */
  readonly prompt: string;
  /** Seconds. */
  readonly duration: number;
  /** `1280:720`, one that the model takes. */
  readonly ratio: string;
}

export type VideoTaskStatus =
  | { readonly state: 'pending'; readonly status: string; readonly progress: number | null }
  /** `costUsd`: what the provider says it charged in the end; null when it does not say. */
  | { readonly state: 'succeeded'; readonly url: string; readonly costUsd: number | null }
  | { readonly state: 'failed'; readonly reason: string; readonly costUsd: number | null };

/** As `ImageTasks`: `start` sends one request and is never repeated inside; `status` may be asked by any run. A status we do not know is `pending`. */
export interface VideoTasks {
  readonly provider: string;
  readonly model: string;
  /** Bytes that the encoded picture may have. */
  readonly maxPictureBytes: number;
  /** UTF-16 units. */
  readonly maxPromptLength: number;
  /** `costUsd`: the most that the provider says it will charge; null when it does not say. */
  start(request: VideoRequest): Promise<Result<{ readonly taskId: string; readonly costUsd: number | null }>>;
  status(taskId: string): Promise<Result<VideoTaskStatus>>;
}
