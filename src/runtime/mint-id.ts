/** D9: the next free minute; no id that anything in the store or the state still names. */
import { nextFreeGenerationId } from '../domain/generation-id.ts';
import { collectList } from '../ports/object-store.ts';
import type { StepContext } from '../steps/context.ts';
import { JOURNAL_FOLDER } from './journal-store.ts';
import type { ActionDone } from './perform-action.ts';

/** `taken`: ids in the folders and in the state; those in the archive and the journals are looked up here. */
export async function mintId(context: StepContext, taken: Set<string>): Promise<ActionDone> {
  const now = context.clock.now();
  const looked = new Set<string>();
  for (;;) {
    const id = nextFreeGenerationId(now, (candidate) => taken.has(candidate));
    // A free minute may lie in the next days, of which nothing is known yet.
    const days = id.slice(0, 7);
    if (looked.has(days)) {
      context.journal.begin(id);
      return { event: { type: 'id-minted', id }, failure: null };
    }
    looked.add(days);
    for (const folder of [context.settings.folders.archive, JOURNAL_FOLDER]) {
      const listed = await collectList(context.store, `${folder}${days}`);
      if (!listed.ok) return { event: null, failure: listed.failure };
      for (const object of listed.value) taken.add(object.key.slice(folder.length, folder.length + 13));
    }
  }
}
