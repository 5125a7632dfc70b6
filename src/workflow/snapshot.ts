/** One look at everything a channel keeps, from which repair judges it: listings, and each document or why it cannot be read. */
import type { GenerationDocument, ImageDocument, PublicDocument } from '../domain/channel-state.ts';
import type { Folders } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalDocument } from '../domain/journal.ts';
import type { LedgerDocument } from '../domain/ledger.ts';
import type { Post } from '../domain/post.ts';
import type { DocumentKeys } from '../domain/settings.ts';
import type { TopicsTracker } from '../domain/topics-tracker.ts';

/** One object as a listing shows it. */
export interface Listed {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
}

/** One document: absent, as its schema has it, or damaged and then as its text stands there. */
export type View<T> =
  | { readonly found: 'nothing'; readonly key: string }
  | {
      readonly found: 'document';
      readonly key: string;
      readonly value: T;
      readonly etag: string;
      readonly lastModified: Date;
    }
  | {
      readonly found: 'damage';
      readonly key: string;
      /** Why it cannot be used. */
      readonly reason: string;
      /** `null`: too large to be looked at. */
      readonly text: string | null;
      readonly etag: string;
    };

export interface Snapshot {
  /** By the clock that the store's own times are compared with. */
  readonly now: Date;
  readonly folders: Folders;
  readonly documents: DocumentKeys;
  /** A ticket older than this belongs to a run that is gone. Seconds. */
  readonly ticketSeconds: number;
  /** A `processing_lock` without an owner is honoured this long. Seconds. */
  readonly staleLockSeconds: number;
  readonly state: {
    readonly public: View<PublicDocument>;
    readonly generation: View<GenerationDocument>;
    readonly image: View<ImageDocument>;
    readonly tracker: View<TopicsTracker>;
  };
  /** Everything under each folder. */
  readonly listing: Readonly<Record<keyof Folders, readonly Listed[]>>;
  readonly tickets: readonly Listed[];
  /** `<id>.json` of every post on the conveyor, by key. */
  readonly posts: ReadonlyMap<string, View<Post>>;
  /** Of every post on the conveyor, the active one, those with a late task, and all that may stand in a damaged ledger. */
  readonly journals: ReadonlyMap<GenerationId, View<JournalDocument>>;
  readonly ledgers: readonly View<LedgerDocument>[];
  /** The saved picture of the post that is being made is there, but is no whole PNG. */
  readonly brokenPicture: boolean;
}

/** The document, or what it means when there is none; `null` when it is damaged. */
export function valueOf<T>(view: View<T>, absent: T): T | null {
  if (view.found === 'damage') return null;
  return view.found === 'document' ? view.value : absent;
}

export function etagOf(view: View<unknown>): string | null {
  return view.found === 'nothing' ? null : view.etag;
}

export function journalOf(snapshot: Snapshot, id: GenerationId): JournalDocument | null {
  const view = snapshot.journals.get(id);
  return view?.found === 'document' ? view.value : null;
}
