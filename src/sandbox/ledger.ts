/**
 * What the sandbox was asked to charge for. It is the witness of "never paid twice": a call is entered before its answer is
 * sent, so a lost answer is a payment here although the client never learnt of it.
 */
import { digestOf } from './digest.ts';

export type PaidKind = 'text' | 'vision' | 'image' | 'upscale' | 'video';

/**
 * `accepted`: charged, and the answer was sent. `lost`: charged, but the answer was destroyed or made unreadable.
 * `refused`: answered with an error, not charged.
 */
export type LedgerOutcome = 'accepted' | 'lost' | 'refused';

export interface LedgerEntry {
  /** From 1, in the order of arrival. */
  readonly number: number;
  readonly provider: string;
  readonly kind: PaidKind;
  readonly model: string;
  /** ISO 8601, by the sandbox's clock. */
  readonly at: string;
  /** Of the whole prompt: equal for two submissions of the same post. */
  readonly digest: string;
  /** Stands for the key that was sent, none of whose letters it shows. */
  readonly account: string;
  /** The first post id that the request names anywhere, if it names one. */
  readonly postId: string | null;
  /** The start of the prompt, for people. */
  readonly hint: string;
  readonly outcome: LedgerOutcome;
  /** HTTP status of the answer, sent or lost. */
  readonly status: number;
  readonly taskId: string | null;
  /** A rule made the task end without a file: asking again is then right (D5), and no double payment. */
  readonly endsEmpty: boolean;
  /** Estimate by the built-in prices; 0 when refused. */
  readonly costUsd: number;
}

const LONGEST_HINT = 80;

type NewEntry = Omit<LedgerEntry, 'number' | 'digest' | 'hint'> & { readonly prompt: string };

export class Ledger {
  readonly #entries: LedgerEntry[] = [];

  add({ prompt, ...entry }: NewEntry): void {
    const hint = prompt.replace(/\s+/g, ' ').trim().slice(0, LONGEST_HINT);
    this.#entries.push({ ...entry, number: this.#entries.length + 1, digest: digestOf(prompt), hint });
  }

  /** A copy, oldest first. */
  entries(): LedgerEntry[] {
    return [...this.#entries];
  }

  /** USD charged in all, lost answers included. */
  totalUsd(): number {
    return this.#entries.reduce((sum, { costUsd }) => sum + costUsd, 0);
  }

  /**
   * Pictures and videos that were charged for more than once, by provider, kind and prompt. Tasks that a rule made fail
   * do not count; a lost answer does, since the client cannot know what became of it.
   */
  paidTwice(): LedgerEntry[][] {
    const paid = this.#entries.filter(
      ({ outcome, kind, endsEmpty }) =>
        outcome !== 'refused' && !endsEmpty && (kind === 'image' || kind === 'video'),
    );
    const groups = Map.groupBy(paid, ({ provider, kind, digest }) => `${provider} ${kind} ${digest}`);
    return [...groups.values()].filter((group) => group.length > 1);
  }
}
