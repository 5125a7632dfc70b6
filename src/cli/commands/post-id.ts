/** The id that a person gave on the command line. */
import { failure, success, type Result } from '../../domain/failure.ts';
import { isGenerationId, type GenerationId } from '../../domain/generation-id.ts';
import { oneLine } from '../output/plain-text.ts';

const LONGEST_SHOWN = 60;

export function postId(given: string): Result<GenerationId> {
  const id = given.trim().replace(/\.json$/, '');
  if (isGenerationId(id)) return success(id);
  return failure(
    'usage',
    `${shownId(given)} is no id`,
    {},
    { advice: 'An id looks like 20260131-2030; `reelmill history` lists the posts.' },
  );
}

/** In quotes, short, and without what would steer a terminal. */
export function shownId(given: string): string {
  return oneLine(JSON.stringify(given.slice(0, LONGEST_SHOWN)));
}
