/** What lies in the store, looked at as `reelmill repair` looks at it: damage that no run meets until a post is due. */
import type { Config } from '../../config/schema.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { readSnapshot } from '../../runtime/read-snapshot.ts';
import { holderIn } from '../../runtime/repair.ts';
import { diagnose } from '../../workflow/diagnosis.ts';
import { lookAt } from '../repair.ts';
import { failed, fine, problem, warning, type CheckResult } from './check-result.ts';

/** Of locks that dead runs left, `state` speaks: the next run takes them over by itself. */
const BY_ITSELF: ReadonlySet<string> = new Set(['stale-lock', 'stale-ticket']);
const REMEDY =
  '`reelmill repair` says what it would do; `reelmill repair --apply` does it and keeps what it replaces.';

export async function checkContents(config: Config, store: ObjectStore, now: Date): Promise<CheckResult> {
  const check = 'contents';
  const snapshot = await readSnapshot(lookAt(config, store, { now: () => now }));
  if (!snapshot.ok) return failed(check, snapshot.failure);
  if (holderIn(snapshot.value) !== null)
    return fine(check, 'A run is at work; what it has half done would look odd');
  const odd = diagnose(snapshot.value).filter(({ kind, remedy }) => remedy !== null && !BY_ITSELF.has(kind));
  const [first] = odd;
  if (first === undefined)
    return fine(check, 'Every document and post in the store can be read and is whole');
  const others = odd.length === 1 ? '' : ` (and ${odd.length - 1} more)`;
  const evidence = `${first.where}: ${first.explanation}${others}`;
  return odd.some(({ kind }) => kind === 'damaged-document')
    ? problem(check, evidence, REMEDY)
    : warning(check, evidence, REMEDY);
}
