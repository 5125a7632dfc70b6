/**
 * Where everything lies in the bucket. Two paths that are the same, or one inside the other, would make one program
 * archive what another still writes; that is checked here rather than found out later.
 */
import { z } from 'zod';
import { field, folder, objectKey, retired, section } from '../fields.ts';

/** Kept in step with `runtime/` and `domain/`, where each is used. */
const OWN_FOLDERS = ['journal/', 'ledger/', 'locks/', 'quarantine/'];
const OLD = 'Used by the old scripts. Not read.';

export const filePaths = section(
  'Names of objects and folders in the bucket.',
  {
    config_public: field(
      objectKey,
      'config/config_public.json',
      'Lock, and the ids that the publisher has posted.',
    ),
    config_gen: field(objectKey, 'config/config_gen.json', 'Id of the post being made.'),
    config_midjourney: field(objectKey, 'config/config_midjourney.json', 'State of the picture.'),
    topics_tracker: field(objectKey, 'data/topics_tracker.json', 'Focuses and topics that were used.'),
    folder_666: field(folder, '666/', 'New posts.'),
    folder_555: field(folder, '555/', 'Ready posts, second in the queue.'),
    folder_444: field(folder, '444/', 'Ready posts, first in the queue.'),
    archive_folder: field(folder, 'archive/', 'Published posts.'),
    output_image_format: field(
      z.enum(['png']),
      'png',
      'Format of the picture; the publisher expects `<id>.png`.',
    ),
    meta_folder: retired(OLD),
    scripts_folder: retired(OLD),
    content_output_path: retired(OLD),
    final_content_path: retired(OLD),
    feedback_file: retired(OLD),
    before_critique_path: retired(OLD),
    after_critique_path: retired(OLD),
    config_public_local: retired(OLD),
    log_folder: retired('Logs go to standard error. Not read.'),
  },
  (paths, context) => {
    const folders = ['folder_666', 'folder_555', 'folder_444', 'archive_folder'] as const;
    const objects = ['config_public', 'config_gen', 'config_midjourney', 'topics_tracker'] as const;
    // What Reelmill keeps for itself, at fixed places beside the state.
    const seen = new Map(OWN_FOLDERS.map((own) => [own, `${own}, which Reelmill keeps for itself`]));
    for (const name of [...folders, ...objects]) {
      const path = paths[name];
      const clash = [...seen].find(([other]) => overlaps(path, other));
      if (clash !== undefined) {
        const suggestion = 'Give every folder and object a place of its own, none inside another.';
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `overlaps with ${clash[1]}`,
          params: { suggestion },
        });
      }
      seen.set(path, name);
    }
  },
);

// Folders hold objects only directly, so a prefix is an overlap.
function overlaps(one: string, other: string): boolean {
  if (one === other) return true;
  return (one.endsWith('/') && other.startsWith(one)) || (other.endsWith('/') && one.startsWith(other));
}
