/** What the channel has made and which runs it took, newest first; read from journals and ledgers, so that nothing is written for it. */
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { success, type Failure, type Result } from '../domain/failure.ts';
import { idOfName, type Folders } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalDocument } from '../domain/journal.ts';
import { LEDGER_FOLDER, spentUsd, type LedgerCall } from '../domain/ledger.ts';
import type { Media } from '../domain/post.ts';
import { runRecordsIn, type RunRecord } from '../domain/run-record.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { collectList } from '../ports/object-store.ts';
import { JOURNAL_FOLDER } from '../runtime/journal-store.ts';
import { readLedgerDocument } from '../runtime/ledger-store.ts';
import { openStore } from './compose.ts';
import { costOf, topicIn } from './explain.ts';
import { findPost, tolerated, type FoundPost, type PostParts } from './find-post.ts';
import { channelSettings } from './settings.ts';

export interface PostSummary {
  readonly id: GenerationId;
  readonly topic: string | null;
  /** Folders that hold files of it; none while its text is not written. */
  readonly folders: readonly string[];
  readonly ready: boolean;
  readonly media: Media | null;
  /** From the first note in its journal to its last file; `null` when the journal does not say. */
  readonly seconds: number | null;
  readonly costUsd: number;
  readonly estimatedUsd: number;
}

export interface RunSummary extends RunRecord {
  /** What the calls that it made cost by now. */
  readonly costUsd: number;
}

export interface History {
  readonly store: string;
  /** The folder of finished, published posts, to tell them from those that wait. */
  readonly archive: string;
  readonly posts: readonly PostSummary[];
  readonly runs: readonly RunSummary[];
  readonly problems: readonly Failure[];
}

/** A journal reaches back as long as the bucket; a year of ledgers is enough to find the latest runs. */
const MOST_MONTHS = 13;
const AT_ONCE = 4;

export async function historyOf(
  config: Config,
  environment: Environment,
  limit: number,
): Promise<Result<History>> {
  const store = await openStore(config, environment);
  if (!store.ok) return store;
  return readHistory({ store: store.value, settings: channelSettings(config) }, limit);
}

/** `limit` posts and `limit` runs. */
export async function readHistory(parts: PostParts, limit: number): Promise<Result<History>> {
  const { settings, store } = parts;
  const ids = await newestIds(parts, limit);
  if (!ids.ok) return ids;
  const problems: Failure[] = [];
  const posts: PostSummary[] = [];
  for (let at = 0; at < ids.value.length; at += AT_ONCE) {
    const some = await Promise.all(ids.value.slice(at, at + AT_ONCE).map((id) => findPost(parts, id)));
    for (const found of some) {
      if (!found.ok) return found;
      problems.push(...found.value.problems);
      posts.push(summaryOf(found.value));
    }
  }
  const runs = await newestRuns(parts, limit, problems);
  if (!runs.ok) return runs;
  return success({
    store: store.description,
    archive: settings.folders.archive,
    posts,
    runs: runs.value,
    problems,
  });
}

async function newestIds({ settings, store }: PostParts, limit: number): Promise<Result<GenerationId[]>> {
  const ids = new Set<GenerationId>();
  const { archive, fresh, front, middle }: Folders = settings.folders;
  for (const folder of [fresh, middle, front, archive, JOURNAL_FOLDER]) {
    const listed = await collectList(store, folder);
    if (!listed.ok) return listed;
    for (const { key } of listed.value) {
      const id = idOfName(key.slice(folder.length));
      if (id !== null) ids.add(id);
    }
  }
  return success([...ids].sort().reverse().slice(0, limit));
}

function summaryOf({ id, journal, places, post }: FoundPost): PostSummary {
  return {
    id,
    topic: topicIn(post?.topic) ?? journal?.draft?.topic?.full_topic ?? null,
    folders: places.map(({ folder }) => folder),
    ready: places.some(({ ready }) => ready),
    media: post?.media ?? null,
    seconds: secondsOf(journal),
    ...costOf(journal),
  };
}

function secondsOf(journal: JournalDocument | null): number | null {
  const first = parseTimestamp(journal?.entries[0]?.at_utc ?? '');
  const last = parseTimestamp(journal?.entries.findLast(({ type }) => type === 'file')?.at_utc ?? '');
  return first === null || last === null ? null : (last.getTime() - first.getTime()) / 1000;
}

/** Newest first, of the months that can be read. */
export async function newestRuns(
  { store }: Pick<PostParts, 'store'>,
  limit: number,
  problems: Failure[],
): Promise<Result<RunSummary[]>> {
  const listed = await collectList(store, LEDGER_FOLDER);
  if (!listed.ok) return listed;
  const months = listed.value
    .flatMap(({ key }) => /(\d{4}-\d\d)\.json$/.exec(key)?.[1] ?? [])
    .toReversed()
    .slice(0, MOST_MONTHS);
  const runs: RunSummary[] = [];
  const calls: LedgerCall[] = [];
  for (const month of months) {
    if (runs.length >= limit) break;
    const ledger = tolerated(await readLedgerDocument(store, month), problems);
    if (!ledger.ok) return ledger;
    if (ledger.value === null) continue;
    calls.push(...ledger.value.calls);
    for (const run of runRecordsIn(ledger.value['runs']).toReversed())
      runs.push({ ...run, costUsd: costOfRun(run, runs.at(-1)?.at_utc ?? null, calls) });
  }
  return success(runs.slice(0, limit));
}

/**
 * Only one run at a time holds the channel, so that what was reserved meanwhile was its own. `next`: when the one after
 * it began; the seconds of a record are whole ones, which may reach into that.
 */
function costOfRun(
  { at_utc: at, seconds }: RunRecord,
  next: string | null,
  calls: readonly LedgerCall[],
): number {
  const began = parseTimestamp(at)?.getTime();
  if (began === undefined) return 0;
  const after = parseTimestamp(next ?? '')?.getTime() ?? Number.POSITIVE_INFINITY;
  const own = calls.filter((call) => {
    const moment = parseTimestamp(call.at_utc)?.getTime() ?? 0;
    return moment >= began && moment <= began + (seconds + 1) * 1000 && (after <= began || moment < after);
  });
  return spentUsd(own);
}
