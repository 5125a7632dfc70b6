/**
 * I3, judged by the providers' own ledger. Every call in it is matched with the intent that was durable before it (the
 * channel makes one call at a time), which tells whose post it was for.
 */
import type { JournalDocument } from '../../src/domain/journal.ts';
import { microUsd, spentUsd, type LedgerCall } from '../../src/domain/ledger.ts';
import type { LedgerEntry } from '../../src/sandbox/ledger.ts';
import { MAX_UNKNOWN_OUTCOMES } from '../../src/domain/limits.ts';
import { accountsOf } from './providers.ts';
import { keyOf, type EndedRun } from './processes.ts';

interface Intent {
  readonly at: number;
  readonly post: string;
  readonly kind: string;
  readonly stage: string;
}

interface Call {
  readonly entry: LedgerEntry;
  readonly post: string;
  readonly stage: string;
}

export interface PaymentsAudit {
  readonly problems: readonly string[];
  /** Calls that were repeated because nobody knew what had become of the first. */
  readonly repeated: Readonly<Record<'image' | 'video' | 'text' | 'vision', number>>;
}

export interface PaymentsEvidence {
  readonly entries: readonly LedgerEntry[];
  readonly journals: readonly JournalDocument[];
  /** The mill's own books. */
  readonly books: readonly LedgerCall[];
  /** Task ids that were durable at some time. */
  readonly tasks: ReadonlySet<string>;
  readonly runs: readonly EndedRun[];
  readonly maxRetries: number;
}

const KINDS: Readonly<Record<string, string>> = {
  text: 'text',
  vision: 'judge',
  image: 'image',
  video: 'video',
};

export function auditPayments(evidence: PaymentsEvidence): PaymentsAudit {
  const problems: string[] = [];
  const calls = matched(evidence, problems);
  oneAtATime(evidence.entries, problems);
  samePromptSamePost(calls, problems);
  booksAreComplete(evidence, problems);
  const repeated = { image: 0, video: 0, text: 0, vision: 0 };
  const charged = calls.filter(({ entry }) => entry.outcome !== 'refused');
  for (const [post, all] of Map.groupBy(charged, ({ post }) => post)) {
    const of = (kind: LedgerEntry['kind']): Call[] => all.filter(({ entry }) => entry.kind === kind);
    repeated.image += repeatedTasks(evidence, post, of('image'), evidence.maxRetries + 1, problems);
    repeated.video += repeatedTasks(evidence, post, of('video'), 1, problems);
    repeated.text += repeatedTexts(evidence, post, of('text'), problems);
    repeated.vision += Math.max(0, of('vision').length - 1);
  }
  return { problems, repeated };
}

/** Every call has an intent of its own, of its kind, that was written before it. */
function matched({ entries, journals }: PaymentsEvidence, problems: string[]): Call[] {
  const intents = journals.flatMap(intentsOf).sort((one, other) => one.at - other.at);
  const used = new Set<Intent>();
  const calls: Call[] = [];
  for (const entry of entries) {
    const at = Date.parse(entry.at);
    // Of the last ones before the call: two intents may fall into one millisecond.
    const before = intents.filter((intent) => intent.at <= at).slice(-2);
    const intent = before.findLast((known) => known.kind === KINDS[entry.kind] && !used.has(known));
    if (!intent) {
      problems.push(
        `I3 call ${entry.number} (${entry.kind}, ${entry.at}) was made without an intent of its own`,
      );
      continue;
    }
    used.add(intent);
    calls.push({ entry, post: intent.post, stage: intent.stage });
  }
  return calls;
}

function intentsOf({ id, entries }: JournalDocument): Intent[] {
  return entries.flatMap((entry) =>
    entry.type === 'intent'
      ? [{ at: Date.parse(entry.at_utc), post: id, kind: entry.kind, stage: entry.stage }]
      : [],
  );
}

/** I1: once another process has paid, the one before never pays again. */
function oneAtATime(entries: readonly LedgerEntry[], problems: string[]): void {
  const owners = entries.map(({ account }) => account);
  const ended = new Set<string>();
  let present = '';
  for (const [index, account] of owners.entries()) {
    // One key has two accounts: with and without `Bearer`.
    const owner = ownerOf(account);
    if (owner === present) continue;
    if (ended.has(owner)) problems.push(`I1 two processes paid in turns, at call ${entries[index]?.number}`);
    ended.add(present);
    present = owner;
  }
}

const owners = new Map<string, string>();

/** The key of a process under each of its accounts. */
export function rememberOwner(run: number): void {
  for (const account of accountsOf(keyOf(run))) owners.set(account, keyOf(run));
}

function ownerOf(account: string): string {
  return owners.get(account) ?? account;
}

/** A check of the matching itself: prompts of pictures and videos are never the same for two posts. */
function samePromptSamePost(calls: readonly Call[], problems: string[]): void {
  const tasks = calls.filter(({ entry }) => entry.kind === 'image' || entry.kind === 'video');
  for (const group of Map.groupBy(tasks, ({ entry }) => `${entry.kind} ${entry.digest}`).values())
    if (new Set(group.map(({ post }) => post)).size > 1)
      problems.push(
        `I3 calls with one prompt stand in the journals of ${group.map(({ post }) => post).join(', ')}`,
      );
}

/** What the providers charged for stands in the mill's books, at no less than it cost. */
function booksAreComplete({ books, entries }: PaymentsEvidence, problems: string[]): void {
  const charged = entries.filter(({ outcome, endsEmpty }) => outcome !== 'refused' && !endsEmpty);
  const real = charged.reduce((sum, { costUsd }) => sum + microUsd(costUsd), 0) / 1_000_000;
  // Each call is rounded to a millionth by both sides.
  if (spentUsd(books) < real - charged.length / 1_000_000)
    problems.push(`BUDGET the books say ${spentUsd(books)} USD, the providers charged ${real}`);
}

/** `most`: orders that a post may need when each one's outcome is known. Gives the repetitions after unknown outcomes. */
function repeatedTasks(
  { tasks }: PaymentsEvidence,
  post: string,
  calls: readonly Call[],
  most: number,
  problems: string[],
): number {
  let unknown = 0;
  const kind = calls[0]?.entry.kind ?? '';
  for (const { entry } of calls.slice(0, -1)) {
    if (entry.endsEmpty) continue;
    if (entry.taskId !== null && tasks.has(entry.taskId))
      problems.push(`I3 ${post}: ${kind} ordered again although ${entry.taskId} was known and good`);
    else unknown += 1;
  }
  if (unknown > MAX_UNKNOWN_OUTCOMES)
    problems.push(`I3 ${post}: ${kind} repeated ${unknown} times after unknown outcomes`);
  if (calls.length > most + MAX_UNKNOWN_OUTCOMES)
    problems.push(`I3 ${post}: ${kind} ordered ${calls.length} times`);
  return unknown;
}

/** A stage is asked for again only when its answer never came, or when its run was killed; the latter once a post. */
function repeatedTexts(
  { runs }: PaymentsEvidence,
  post: string,
  calls: readonly Call[],
  problems: string[],
): number {
  let unknown = 0;
  for (const [stage, asked] of Map.groupBy(calls, (call) => call.stage)) {
    for (const { entry } of asked.slice(0, -1)) {
      if (entry.outcome === 'lost') continue;
      const run = runs.find(({ number }) => accountsOf(keyOf(number)).includes(entry.account));
      if (run?.killed !== true)
        problems.push(`I3 ${post}: ${stage} was asked for again although run ${run?.number} had its answer`);
      unknown += 1;
    }
  }
  if (unknown > MAX_UNKNOWN_OUTCOMES)
    problems.push(`I3 ${post}: texts repeated ${unknown} times after their run was killed`);
  return unknown;
}
