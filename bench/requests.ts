/** Counts the requests that runs make to their store, by kind of run. */
import { createFolderStore } from '../src/adapters/folder/folder-store.ts';
import { composeRun } from '../src/app/compose.ts';
import { VirtualClock } from '../src/app/virtual-clock.ts';
import { createLog } from '../src/app/log.ts';
import { readEnvironment } from '../src/config/environment.ts';
import { interpretConfig } from '../src/config/load.ts';
import type { ObjectStore } from '../src/ports/object-store.ts';
import { runChannel } from '../src/runtime/run-channel.ts';
import { startBenchChannel } from './channel.ts';

export interface RequestCounts {
  /** A check with nothing to check; `idleWrites` of them change something. */
  readonly idleCheck: number;
  readonly idleWrites: number;
  /** A check while the picture is being painted. */
  readonly pendingCheck: number;
  /** From an empty channel to a finished post, when the picture is there at once. */
  readonly wholePost: number;
  /** The same when a second run has to come for the picture. */
  readonly wholePostInTwoRuns: number;
}

const WRITES = new Set(['put', 'copy', 'delete']);

export type OpenStore = (folder: string, onRequest: (operation: string) => void) => Promise<ObjectStore>;

export const folderStore: OpenStore = (folder, onRequest) =>
  Promise.resolve(createFolderStore(`${folder}/channel`, { onRequest }));

export async function countRequests(open: OpenStore): Promise<RequestCounts> {
  const { ordered, pending, finished, idle } = await runsOf(open, 7200);
  const atOnce = await runsOf(open, 0);
  return {
    idleCheck: idle.length,
    idleWrites: idle.filter((operation) => WRITES.has(operation)).length,
    pendingCheck: pending.length,
    wholePost: atOnce.ordered.length,
    wholePostInTwoRuns: ordered.length + finished.length,
  };
}

/** The requests of a main run and three checks, of which the second finds the picture when it takes two hours. */
async function runsOf(open: OpenStore, imageSeconds: number) {
  const clock = new VirtualClock(new Date('2026-01-14T20:30:00Z'));
  await using channel = await startBenchChannel({ now: () => clock.now(), imageSeconds });
  const environment = readEnvironment({
    ...channel.variables,
    REELMILL_STORE: `folder:${channel.folder}/unused`,
  });
  const loaded = interpretConfig('{"CONTENT":{"focuses":["Clocks"]}}', 'bench');
  if (!environment.ok || !loaded.ok) throw new Error('the channel of the bench is not valid');
  const log = createLog({ level: 'error', format: 'pretty', redact: (text) => text });
  const surroundings = {
    config: loaded.value.config,
    environment: environment.value,
    log,
    signal: new AbortController().signal,
    holder: 'bench',
    clock,
  };
  const run = async (mode: 'main' | 'check', hour: number): Promise<string[]> => {
    clock.moveTo(new Date(Date.parse('2026-01-14T00:00:00Z') + hour * 3_600_000));
    const seen: string[] = [];
    const store = await open(channel.folder, (operation) => seen.push(operation));
    const parts = await composeRun({ ...surroundings, store });
    if (!parts.ok) throw new Error(parts.failure.message);
    const report = await runChannel(parts.value, { mode, zeroDelay: false });
    if (report.failure) throw new Error(report.failure.message);
    return seen;
  };
  const ordered = await run('main', 20.5);
  const pending = await run('check', 21.5);
  const finished = await run('check', 25.5);
  const idle = await run('check', 26.5);
  return { ordered, pending, finished, idle };
}
