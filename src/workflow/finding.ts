/** What repair has to say: what is odd, why, and the operations that would mend it. Shown before anything is touched. */
import type { GenerationId } from '../domain/generation-id.ts';

export const FINDING_KINDS = [
  'damaged-document',
  'split-group',
  'two-copies',
  'orphan-media',
  'id-without-content',
  'content-without-media',
  'inconsistent-state',
  'published-nowhere',
  'stale-lock',
  'stale-ticket',
  'foreign-entry',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Every one keeps what it replaces or removes under `quarantine/`. */
export type Operation =
  /** Out of the way, whole. */
  | { readonly type: 'set-aside'; readonly key: string }
  /** Into its place; when something else already lies there, the object is set aside instead. */
  | { readonly type: 'gather'; readonly from: string; readonly to: string }
  /** `replaces`: the etag of the body that was looked at; `null` when there was none. */
  | {
      readonly type: 'write';
      readonly key: string;
      readonly document: Readonly<Record<string, unknown>>;
      readonly replaces: string | null;
    }
  /** Out of the publisher's list; whatever it adds meanwhile stays. */
  | { readonly type: 'drop-published'; readonly ids: readonly GenerationId[] }
  /** `processing_lock` is taken over and lowered. */
  | { readonly type: 'lower-lock' };

export interface Finding {
  readonly kind: FindingKind;
  /** The key, or the id of the post. */
  readonly where: string;
  /** Whole sentences: what is odd, why it matters, and what the remedy does about it. */
  readonly explanation: string;
  /** In this order. `null`: it is reported and left. */
  readonly remedy: readonly Operation[] | null;
}
