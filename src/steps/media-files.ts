/**
 * P7, D11, I7: how the files of a post reach the store. Each upload is verified before anything relies on it, and the
 * text file never claims more than what lies beside it: a mock is announced before it is uploaded, a real one after.
 */
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import {
  CONVEYOR,
  isReady,
  PARTS,
  partKey,
  type Group,
  type Part,
  type StoredObject,
} from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { FileSource } from '../domain/journal.ts';
import type { Media, Post } from '../domain/post.ts';
import { collectList } from '../ports/object-store.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';
import { readPost, writePost } from './documents.ts';
import { groupIn } from './whereabouts.ts';

const MAX_MEDIA_BYTES = 1024 * 1024 * 1024;
const CONTENT_TYPES: Readonly<Record<Exclude<Part, 'json'>, string>> = { png: 'image/png', mp4: 'video/mp4' };

/**
 * An upload whose answer was lost is sent once more: what lies there may be an earlier attempt's file, and of another
 * picture, for all that its size is the same.
 */
const UPLOAD_ATTEMPTS = 2;

const PART_OF = { midjourney: 'png', placeholder: 'png', runway: 'mp4', mock: 'mp4' } as const;

/**
 * Uploads, then asks the store what it holds of the post; a difference in size is a failure. One question gives all parts:
 * whoever waited for this one knows whether the others are still there.
 */
export async function uploadPart(
  context: StepContext,
  folder: string,
  id: GenerationId,
  source: Exclude<FileSource, 'text'>,
  file: string,
): Promise<Result<readonly StoredObject[]>> {
  const part = PART_OF[source];
  const key = partKey(folder, id, part);
  const { sha256, bytes } = await context.workspace.fingerprint(file);
  for (let attempt = 1; ; attempt += 1) {
    const put = await context.store.put(key, { file }, { contentType: CONTENT_TYPES[part] });
    if (put.ok) break;
    if (put.failure.effect === 'refused' || attempt === UPLOAD_ATTEMPTS) return put;
  }
  const objects = await collectList(context.store, `${folder}${id}`, 1_000);
  if (!objects.ok) return objects;
  const size = objects.value.find((object) => object.key === key)?.size;
  if (size !== bytes) {
    return failure(
      'store_unavailable',
      `The upload of ${bytes} bytes is not in the store as sent (${size ?? 'no'} bytes there)`,
      { key, id },
    );
  }
  context.journal.note(id, { type: 'file', key, bytes, sha256, source });
  return objects;
}

/** Changes what the post says about its media, keeping everything else. */
export async function describeMedia(
  context: StepContext,
  folder: string,
  id: GenerationId,
  change: { readonly media: Partial<Media>; readonly post?: Partial<Post> },
): Promise<Result<void>> {
  const post = await readPost(context, folder, id);
  if (!post.ok) return post;
  const media = { image: 'placeholder', ...post.value.media, ...change.media } as Media;
  // Nothing stands in for anything any more: a reason that stayed would speak of a mock that was replaced.
  if (media.image === 'midjourney' && media.video === 'runway') delete media.reason;
  const described: Post = { ...post.value, ...change.post, media };
  // Nor does a stand-in speak of what it stands in for.
  if (media.image === 'placeholder') {
    delete media.image_task_id;
    delete described.image_choice;
  }
  if (media.video !== 'runway') delete media.video_task_id;
  return writePost(context, folder, id, described);
}

/**
 * Where the files of the post belong: 666 for one that is being made; for one whose mock is being replaced, where it
 * waits unpublished, looked at anew each time, since the publisher may take it at any moment.
 */
export async function folderOfPost(
  context: Pick<StepContext, 'isMarked' | 'store' | 'settings'>,
  id: GenerationId,
  replacing: boolean,
): Promise<Result<string>> {
  if (!replacing) return success(context.settings.folders.fresh);
  const marked = await context.isMarked(id);
  if (!marked.ok) return marked;
  if (marked.value) return failure('content_missing', 'The post was published meanwhile', { id });
  return findPost(context, id);
}

/** `content_missing` when no complete group of it is left, `state_conflict` while a move is half done (tidying heals that). */
export async function findPost(
  context: Pick<StepContext, 'store' | 'settings'>,
  id: GenerationId,
): Promise<Result<string>> {
  const { folders } = context.settings;
  const found: Group[] = [];
  for (const place of CONVEYOR) {
    const group = await groupIn(context, folders[place], id);
    if (!group.ok) return group;
    if (group.value.objects.length > 0) found.push(group.value);
  }
  if (found.length > 1) return failure('state_conflict', 'The post lies in more than one folder', { id });
  const [group] = found;
  const place = CONVEYOR.find((candidate) => group !== undefined && isReady(group, folders[candidate]));
  if (place === undefined)
    return failure('content_missing', 'No complete group of the post is left in the folders', { id });
  return success(folders[place]);
}

/**
 * `folderOfPost` found none. A mock that was published, thrown away or moved by hand while it was being replaced is let
 * be: nothing more is paid for it, and the channel goes on.
 */
export async function noFolder(
  context: StepContext,
  id: GenerationId,
  reason: Failure,
): Promise<StepOutcome<EventNamed<'image-given-up'>>> {
  if (reason.code !== 'content_missing' && reason.code !== 'state_conflict') return failed(reason);
  return keepMock(context, id, reason.message);
}

/** P7, I2: somebody removed the stored picture of the post in the making. It is fetched again, within the bounds of any fetching. */
export async function pictureGone(
  context: StepContext,
  id: GenerationId,
  folder: string,
  replacing: boolean,
): Promise<StepOutcome<EventNamed<'picture-failed' | 'image-given-up'>>> {
  const key = partKey(folder, id, 'png');
  if (replacing) return keepMock(context, id, `its picture ${key} is gone`);
  context.log.warn('The stored picture is gone; it is fetched again', { key, id });
  context.journal.note(id, {
    type: 'note',
    text: `The stored picture ${key} was gone; it is fetched again.`,
  });
  return happened({ type: 'picture-failed' });
}

/** A replacement ends before it is complete. */
export async function keepMock(
  context: StepContext,
  id: GenerationId,
  reason: string,
): Promise<StepOutcome<EventNamed<'image-given-up'>>> {
  const told = await tellOfFiles(context, id);
  if (!told.ok) return failed(told.failure);
  context.log.info('The mock is not replaced any more', { id, reason });
  context.journal.note(id, { type: 'note', text: `The mock is not replaced any more: ${reason}.` });
  return happened({ type: 'image-given-up', reason, late: false });
}

/** I5: a run may have died between an upload and its journal; nobody repeats that upload now. */
async function tellOfFiles(context: StepContext, id: GenerationId): Promise<Result<void>> {
  const { journal, store, workspace } = context;
  const folder = await findPost(context, id);
  if (!folder.ok) return folder.failure.code === 'store_unavailable' ? folder : success(undefined);
  return workspace.withFolder(`left-${id}`, async (path) => {
    for (const part of PARTS) {
      const key = partKey(folder.value, id, part);
      const fetched = await store.getFile(key, path(part), MAX_MEDIA_BYTES);
      if (!fetched.ok) return fetched;
      // Three large files over a slow line outlast the lease.
      const held = await context.keepLease();
      if (!held.ok) return held;
      if (fetched.value !== null)
        journal.note(id, { type: 'file', key, ...(await workspace.fingerprint(path(part))) });
    }
    return success(undefined);
  });
}
