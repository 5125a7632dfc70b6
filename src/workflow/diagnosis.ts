/**
 * What is odd about a channel, why, and what would mend it; found from one look at everything, before anything is
 * touched. Pure, so that `reelmill repair` can show its whole plan first, and a test can show it any damage there is.
 */
import { diagnoseDocuments } from './diagnose-documents.ts';
import { diagnosePosts } from './diagnose-posts.ts';
import { diagnoseLocks, diagnosePublished, diagnoseState } from './diagnose-state.ts';
import type { Finding } from './finding.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Some things can only be judged once others are mended: with a damaged document of state, nothing is said about posts.
 * Mending and looking again finds the rest.
 */
export function diagnose(snapshot: Snapshot): Finding[] {
  const { generation, image, public: shared } = snapshot.state;
  const damaged = diagnoseDocuments(snapshot);
  const locks = diagnoseLocks(snapshot);
  if ([generation, image, shared].some(({ found }) => found === 'damage')) return [...damaged, ...locks];
  const unreadable = new Set(damaged.map(({ where }) => where));
  const posts = diagnosePosts(snapshot, unreadable);
  const named = new Set(posts.filter(({ remedy }) => remedy !== null).map(({ where }) => where));
  return [
    ...damaged,
    ...posts,
    ...diagnoseState(snapshot, unreadable, named),
    ...diagnosePublished(snapshot),
    ...locks,
  ];
}
