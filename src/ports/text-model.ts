import type { z } from 'zod';
import type { Result } from '../domain/failure.ts';

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface TextRequest {
  /** What the answer is for (`topic`, `comment` …); for messages and logs. */
  readonly stage: string;
  readonly prompt: string;
  readonly maxOutputTokens: number;
  /** 0–2 */
  readonly temperature: number;
}

/** `usage` is the provider's own count; zero tokens when it gave none. `model`: the one that really answered. */
export interface ModelAnswer<T> {
  readonly value: T;
  readonly usage: TokenUsage;
  readonly model: string;
}

/**
 * A language model. One call here is one request to the provider: a failure is classified, never repeated inside, so
 * that each request is accounted for by its caller. `answer_truncated`: cut by the token limit; `provider_bad_answer`: not of the schema.
 */
export interface TextModel {
  readonly provider: string;
  readonly model: string;
  write(request: TextRequest): Promise<Result<ModelAnswer<string>>>;
  /** The answer is an object of `schema`. */
  fill<T>(request: TextRequest, schema: z.ZodType<T>): Promise<Result<ModelAnswer<T>>>;
}
