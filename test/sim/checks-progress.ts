/** I4: when faults stop, the conveyor moves again and does not stop again. */
import type { Channel, FinishedRun } from './channel.ts';
import { SETTINGS } from './settings.ts';
import type { Write } from './bucket.ts';

const { folders, documents } = SETTINGS;

/** After faults stop, so many runs (three a day) are enough to have a new ready group in 666, whatever was left lying. */
const RUNS_UNTIL_READY = 7;
/**
 * And then so many are, each time that there is room: where it appears right after a main run, two checks find nothing to
 * do, the next main run begins a post and a check finishes it. One more, for a late result that comes in between.
 */
const RUNS_UNTIL_READY_AGAIN = 5;

export function nothingStalls(channel: Channel): string[] {
  const since = channel.calmSince;
  if (since === null) return ['I4 the world was never calm'];
  const { again, first, wasReady } = progressOf(channel, since);
  if (!wasReady) return ['I4 no ready post in 666 in all the calm days'];
  if (first > RUNS_UNTIL_READY)
    return [`I4 no new ready post in 666 within ${RUNS_UNTIL_READY} runs (${first})`];
  return again > RUNS_UNTIL_READY_AGAIN
    ? [`I4 there was room, and no new ready post in 666 within ${RUNS_UNTIL_READY_AGAIN} runs (${again})`]
    : [];
}

interface Progress {
  /** A ready group lay in 666 at some calm moment. */
  readonly wasReady: boolean;
  /** The most calm runs in a row that began while there was room and brought no new ready group into 666, at the beginning. */
  readonly first: number;
  /** The same, after a first one had come, or there had been no room for it. */
  readonly again: number;
}

/**
 * There is room while one of the three folders has no ready group that the publisher has not marked: then a main run is
 * to archive, to sort and, once 666 is free, to make a post. A group that lies ready in 666 and never moves on is no
 * progress, however ready it is.
 */
export function progressOf(channel: Channel, since: number): Progress {
  const shelf = new Shelf();
  const most = { first: 0, again: 0 };
  let span: keyof typeof most = 'first';
  let wasReady = false;
  let waiting = 0;
  for (const happened of inOrder(channel)) {
    const isWrite = 'at' in happened;
    const isCalm = isWrite ? happened.at > since : happened.startedAt >= since;
    const isDone = isWrite ? shelf.take(happened) : shelf.isFull();
    if (!isCalm) continue;
    wasReady ||= shelf.ready(folders.fresh).length > 0;
    if (isDone) {
      waiting = 0;
      span = 'again';
    } else if (!isWrite) {
      waiting += 1;
      most[span] = Math.max(most[span], waiting);
    }
  }
  return { wasReady, ...most };
}

/** Writes and the beginnings of runs. */
function* inOrder({ bucket, runs }: Channel): Generator<Write | FinishedRun> {
  let next = 0;
  for (const write of bucket.history) {
    for (let run = runs[next]; run !== undefined && run.startedAt <= write.at; run = runs[next]) {
      next += 1;
      yield run;
    }
    yield write;
  }
  yield* runs.slice(next);
}

/** What lies in the three folders, and what of it the publisher has marked. */
class Shelf {
  readonly #keys = new Set<string>();
  readonly #marked = new Set<string>();
  /** Ids that were ready in 666 once. */
  readonly #seen = new Set<string>();

  /** Whether this made a group ready in 666 that was never ready there before. */
  take({ body, by, key, kind }: Write): boolean {
    if (key === documents.public && by === 'publisher') this.#mark(body);
    const name = PART.exec(key);
    if (name === null) return false;
    if (kind === 'put') this.#keys.add(key);
    else this.#keys.delete(key);
    const [, folder = '', id = ''] = name;
    if (folder !== folders.fresh || this.#seen.has(id) || !this.#isReady(folder, id)) return false;
    this.#seen.add(id);
    return true;
  }

  isFull(): boolean {
    return CONVEYOR.every((folder) => this.ready(folder).length > 0);
  }

  ready(folder: string): string[] {
    return [...this.#keys]
      .filter((key) => key.startsWith(folder) && key.endsWith('.json'))
      .map((key) => key.slice(folder.length, -'.json'.length))
      .filter((id) => !this.#marked.has(id) && this.#isReady(folder, id));
  }

  #isReady(folder: string, id: string): boolean {
    return ['json', 'png', 'mp4'].every((part) => this.#keys.has(`${folder}${id}.${part}`));
  }

  #mark(body: Uint8Array | null): void {
    for (const [id] of new TextDecoder().decode(body ?? undefined).matchAll(ID)) this.#marked.add(id);
  }
}

const CONVEYOR = [folders.fresh, folders.middle, folders.front];
const PART = /^(666\/|555\/|444\/)(\d{8}-\d{4})\.(?:json|png|mp4)$/;
const ID = /\d{8}-\d{4}/g;
