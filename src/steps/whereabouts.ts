/** Where a post lies, and what becomes of a state that is in the middle of one which is finished. */
import { success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { CONVEYOR, groupObjects, hasPart, isReady, type Group } from '../domain/group.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { collectList } from '../ports/object-store.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';

/** What lies in the folder of one post; a group without objects when nothing does. */
export async function groupIn(
  { store }: Pick<StepContext, 'store'>,
  folder: string,
  id: GenerationId,
): Promise<Result<Group>> {
  const listed = await collectList(store, `${folder}${id}`, 1_000);
  if (!listed.ok) return listed;
  return success(groupObjects(folder, listed.value).find((group) => group.id === id) ?? { id, objects: [] });
}

/** `finished`: the folder in which the post is complete, or was archived; there is nothing left to make. */
export async function whereabouts(
  context: Pick<StepContext, 'settings' | 'store'>,
  id: GenerationId,
): Promise<Result<{ readonly hasText: boolean; readonly finished: string | null }>> {
  let hasText = false;
  for (const place of ['archive', ...CONVEYOR] as const) {
    const folder = context.settings.folders[place];
    const group = await groupIn(context, folder, id);
    if (!group.ok) return group;
    if (group.value.objects.length === 0) continue;
    if (place !== 'fresh' || isReady(group.value, folder)) return success({ hasText, finished: folder });
    hasText = hasPart(group.value, folder, 'json');
  }
  return success({ hasText, finished: null });
}

/**
 * The text of the post in the making could not be read. When the post lies finished elsewhere there is nothing to make: an
 * older tool has forgotten that a late result was to replace its mock (I2, I4).
 */
export async function noText(
  context: Pick<StepContext, 'log' | 'settings' | 'store'>,
  id: GenerationId,
  problem: Failure,
): Promise<StepOutcome<EventNamed<'post-finished'>>> {
  if (problem.code !== 'content_missing') return failed(problem);
  const lies = await whereabouts(context, id);
  if (!lies.ok) return failed(lies.failure);
  const { finished } = lies.value;
  if (finished === null) return failed(problem);
  context.log.warn('The post lies finished elsewhere; nothing more is made for it', { id, folder: finished });
  return happened({ type: 'post-finished' });
}
