import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalDocument, NewJournalEntry } from '../domain/journal.ts';
import type { Result } from '../domain/failure.ts';

/**
 * The post's story. `note` only remembers; what was noted is durable after `save` succeeded. The runtime saves with every
 * write of state; a step saves itself only where an intent must be durable before a payment.
 */
export interface Journal {
  /** An empty journal when there is none; `state_damaged` when it cannot be read. */
  read(id: GenerationId): Promise<Result<JournalDocument>>;
  /** The id is new and has no journal: the first `read` needs no request. */
  begin(id: GenerationId): void;
  note(id: GenerationId, entry: NewJournalEntry): void;
  /** Replaces the parts of the document other than its entries; durable after `save`. */
  amend(id: GenerationId, change: Partial<Pick<JournalDocument, 'draft' | 'image_choice'>>): void;
  /** Writes what was noted and amended; nothing to write is a success without a request. */
  save(): Promise<Result<void>>;
}
