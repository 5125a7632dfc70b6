/**
 * The dead man's question: is there a post to publish? It is asked of the store itself, and not of what the runs believe,
 * because it has to find the channel whose runs all end well and which still makes nothing.
 */
import { CONVEYOR, groupObjects, isReady, type Folders } from '../domain/group.ts';
import { idOfName } from '../domain/group.ts';
import { generationIdAt } from '../domain/generation-id.ts';
import { monthBefore, monthOf } from '../domain/ledger.ts';
import { collectList, type ObjectStore } from '../ports/object-store.ts';
import type { Readiness } from '../workflow/alerts.ts';
import { JOURNAL_FOLDER } from './journal-store.ts';

/**
 * `deadline`: the last one that has passed. `ready`: a whole post lies in one of the three folders, or one was archived
 * since the deadline, so that it was there for the publisher. `unknown`: the store could not be read, or the channel is
 * younger than the deadline. One request where a post is ready in 444; six where none is anywhere, and one more where a
 * month has begun since the deadline.
 */
export async function readinessAt(
  store: ObjectStore,
  folders: Folders,
  deadline: Date,
  now: Date,
): Promise<Readiness> {
  for (const place of CONVEYOR.toReversed()) {
    const listed = await collectList(store, folders[place]);
    if (!listed.ok) return 'unknown';
    const groups = groupObjects(folders[place], listed.value);
    if (groups.some((group) => isReady(group, folders[place]))) return 'ready';
  }
  const month = monthOf(deadline);
  // What was archived since may have been minted since as well.
  for (const name of new Set([monthOf(now), month, monthBefore(month)])) {
    const archived = await collectList(store, `${folders.archive}${name.replace('-', '')}`);
    if (!archived.ok) return 'unknown';
    if (archived.value.some(({ lastModified }) => lastModified > deadline)) return 'ready';
  }
  return olderThan(store, deadline);
}

async function olderThan(store: ObjectStore, deadline: Date): Promise<Readiness> {
  for await (const entry of store.list(JOURNAL_FOLDER)) {
    if (!entry.ok) return 'unknown';
    const first = idOfName(entry.value.key.slice(JOURNAL_FOLDER.length));
    // In key order: the oldest post comes first.
    if (first !== null) return first <= generationIdAt(deadline) ? 'late' : 'unknown';
  }
  return 'unknown';
}
