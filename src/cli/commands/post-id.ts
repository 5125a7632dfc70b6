/** The id that a person gave on the command line. */
import { failure, success, type Result } from '../../domain/failure.ts';
import { isGenerationId, type GenerationId } from '../../domain/generation-id.ts';

export function postId(given: string): Result<GenerationId> {
  const id = given.trim().replace(/\.json$/, '');
  if (isGenerationId(id)) return success(id);
  return failure(
    'usage',
    `${JSON.stringify(given.slice(0, 60))} is no id`,
    {},
    { advice: 'An id looks like 20260131-2030; `reelmill history` lists the posts.' },
  );
}
