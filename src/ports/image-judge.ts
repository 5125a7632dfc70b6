import type { Result } from '../domain/failure.ts';
import type { ImageChoice } from '../domain/post.ts';
import type { ModelAnswer } from './text-model.ts';

export interface Criterion {
  readonly name: string;
  readonly weight: number;
}

export interface JudgeRequest {
  /** Local files, two to sixteen; image 1 is the first. */
  readonly pictures: readonly string[];
  /** The first-frame description that the pictures were made from. */
  readonly prompt: string;
  /** The template of `VISUAL_ANALYSIS`, with `{prompt}` and `{criteria}` still in it. */
  readonly instructions: string;
  readonly criteria: readonly Criterion[];
  readonly maxOutputTokens: number;
}

/** P4: a vision model that scores each picture by each criterion. The weighted totals and the winner are computed from its scores, not taken from it. */
export interface ImageJudge {
  readonly provider: string;
  readonly model: string;
  judge(request: JudgeRequest): Promise<Result<ModelAnswer<ImageChoice>>>;
}
