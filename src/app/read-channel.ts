/** What stands in a channel’s documents and folders, for those who only look: status, doctor, a dry run. */
import { publishedIds, type ChannelState, type PublicDocument } from '../domain/channel-state.ts';
import { success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { Folders } from '../domain/group.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { StateStore } from '../runtime/state-store.ts';
import { foreseeSurvey, readShelf } from '../runtime/tidy.ts';
import type { Shelf } from '../workflow/conveyor.ts';
import type { Survey } from '../workflow/decide.ts';

export interface ChannelRead {
  readonly state: ChannelState;
  readonly shared: PublicDocument;
  readonly shelf: Shelf;
  /** Ids that the publisher has marked and no run has archived yet. */
  readonly published: readonly GenerationId[];
  /** As the next run finds it when it has archived and sorted. */
  readonly survey: Survey;
}

/** Six reads, one more where the post that is named lies in none of the folders; no write. */
export async function readChannel(
  documents: StateStore,
  store: ObjectStore,
  folders: Folders,
): Promise<Result<ChannelRead>> {
  const [image, generation, shared, shelf] = await Promise.all([
    documents.readImage(),
    documents.readGeneration(),
    documents.readPublic(),
    readShelf(store, folders),
  ]);
  if (!image.ok) return image;
  if (!generation.ok) return generation;
  if (!shared.ok) return shared;
  if (!shelf.ok) return shelf;
  const state = { image: image.value.value, generation: generation.value.value };
  const { ids: published } = publishedIds(shared.value.value);
  const active = state.generation.generation_id;
  const survey = await foreseeSurvey({ folders, store }, shelf.value, published, active);
  if (!survey.ok) return survey;
  return success({ state, shared: shared.value.value, shelf: shelf.value, published, survey: survey.value });
}
