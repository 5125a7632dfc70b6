/**
 * The month's ledger as an object in the store. Changes wait in memory until a save has been acknowledged: whatever
 * becomes of a write, the next one starts from what really lies there, so that no call drops out of the sum.
 */
import { success, failure, type Result } from '../domain/failure.ts';
import { ledgerKey, ledgerSchema, type LedgerCall, type LedgerDocument } from '../domain/ledger.ts';
import { MOST_RUNS, runRecordsIn, type RunRecord } from '../domain/run-record.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { readDocument } from '../steps/documents.ts';

export interface LedgerStore {
  /** With the changes that are not saved yet; none when the month has no ledger. */
  read(month: string): Promise<Result<readonly LedgerCall[]>>;
  /** Adds the call or replaces the one of its name. */
  put(month: string, call: LedgerCall): void;
  remove(month: string, call: string): void;
  /** Remembers a run in the month that it began in. */
  addRun(run: RunRecord): void;
  /** One write a changed month; nothing changed is a success without a request. After a failure the changes still wait. */
  save(): Promise<Result<void>>;
}

interface Known {
  readonly document: LedgerDocument;
  /** Null: there is no object yet. */
  readonly etag: string | null;
}

type Changes = Map<string, LedgerCall | null>;

const encoder = new TextEncoder();

/** Read only, for reports. `null`: the month has no ledger. */
export async function readLedger(
  store: ObjectStore,
  month: string,
): Promise<Result<readonly LedgerCall[] | null>> {
  const document = await readLedgerDocument(store, month);
  return document.ok ? success(document.value?.calls ?? null) : document;
}

/** The same with the runs of the month; see `runRecordsIn`. */
export async function readLedgerDocument(
  store: ObjectStore,
  month: string,
): Promise<Result<LedgerDocument | null>> {
  const known = await fetchLedger(store, month);
  if (!known.ok) return known;
  return success(known.value.etag === null ? null : known.value.document);
}

export function createLedgerStore(store: ObjectStore): LedgerStore {
  const known = new Map<string, Known>();
  const waiting = new Map<string, Changes>();
  const runs: RunRecord[] = [];

  function changesOf(month: string): Changes {
    const changes = waiting.get(month) ?? new Map<string, LedgerCall | null>();
    waiting.set(month, changes);
    return changes;
  }

  async function load(month: string): Promise<Result<Known>> {
    const loaded = known.get(month);
    if (loaded) return success(loaded);
    const fetched = await fetchLedger(store, month);
    if (fetched.ok) known.set(month, fetched.value);
    return fetched;
  }

  async function write(month: string, changes: Changes): Promise<Result<void>> {
    const before = await load(month);
    if (!before.ok) return before;
    const capabilities = await store.capabilities();
    if (!capabilities.ok) return capabilities;
    const added = runs.filter((run) => run.at_utc.startsWith(month));
    const document = {
      ...before.value.document,
      ...(added.length > 0 ? { runs: withRuns(before.value.document['runs'], added) } : {}),
      calls: merged(before.value.document.calls, changes),
    };
    const options = {
      contentType: 'application/json',
      ...(capabilities.value.conditionalWrites ? { onlyIf: before.value.etag } : {}),
    };
    const put = await store.put(ledgerKey(month), { bytes: ledgerBytes(document) }, options);
    // Whether it landed or not is looked up before the next use.
    if (!put.ok) known.delete(month);
    else {
      known.set(month, { document, etag: put.value.etag });
      for (const run of added) runs.splice(runs.indexOf(run), 1);
    }
    return put.ok ? success(undefined) : put;
  }

  return {
    async read(month) {
      const loaded = await load(month);
      if (!loaded.ok) return loaded;
      return success(merged(loaded.value.document.calls, waiting.get(month) ?? new Map()));
    },
    put: (month, call) => void changesOf(month).set(call.call, call),
    remove: (month, call) => void changesOf(month).set(call, null),
    addRun(run) {
      runs.push(run);
      changesOf(run.at_utc.slice(0, 7));
    },
    async save() {
      for (const [month, changes] of waiting) {
        const written = await write(month, changes);
        if (!written.ok) return written;
        waiting.delete(month);
      }
      return success(undefined);
    },
  };
}

async function fetchLedger(store: ObjectStore, month: string): Promise<Result<Known>> {
  const key = ledgerKey(month);
  const read = await readDocument(store, key, ledgerSchema);
  if (!read.ok) {
    // Too large to be read is damage too: going on without it would forget what was spent.
    return read.failure.code === 'too_large' ? failure('state_damaged', read.failure.message, { key }) : read;
  }
  if (read.value === null) return success({ document: { version: 1, month, calls: [] }, etag: null });
  return success({ document: read.value.value, etag: read.value.etag });
}

function merged(calls: readonly LedgerCall[], changes: Changes): LedgerCall[] {
  const all = new Map<string, LedgerCall | null>(calls.map((call) => [call.call, call]));
  for (const [name, call] of changes) all.set(name, call);
  return [...all.values()].filter((call) => call !== null);
}

/** A write whose answer was lost may have brought the run already. */
function withRuns(known: unknown, added: readonly RunRecord[]): RunRecord[] {
  const told = new Set(added.map(({ at_utc: at }) => at));
  const others = runRecordsIn(known).filter(({ at_utc: at }) => !told.has(at));
  return [...others, ...added].slice(-MOST_RUNS);
}

/** One line a run and a call: people read and compare these objects, and a month has hundreds of calls. */
function ledgerBytes({ calls, runs, ...rest }: LedgerDocument): Uint8Array {
  const head = JSON.stringify(rest).slice(0, -1);
  const lines = (list: readonly unknown[]): string =>
    list.map((one) => `\n  ${JSON.stringify(one)}`).join(',');
  const told = Array.isArray(runs) ? `"runs":[${lines(runs)}\n],` : '';
  return encoder.encode(`${head},${told}"calls":[${lines(calls)}\n]}\n`);
}
