/** Looks at the store between processes, as a person with a file browser would, and remembers what it has seen there. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { imageDocumentSchema } from '../../src/domain/channel-state.ts';
import { CONVEYOR, groupObjects, hasPart, isReady, partKey, type Part } from '../../src/domain/group.ts';
import { journalSchema, type JournalDocument } from '../../src/domain/journal.ts';
import { mediaSchema, type Media } from '../../src/domain/post.ts';
import { collectList, type ObjectInfo, type ObjectStore } from '../../src/ports/object-store.ts';
import { JOURNAL_FOLDER } from '../../src/runtime/journal-store.ts';
import { TICKET_FOLDER } from '../../src/runtime/ticket-lease.ts';
import { phaseOf } from '../../src/workflow/phase.ts';
import { clip, colourOf, IMAGE, middleOf, valueOf, type Json } from '../support/mill.ts';
import { VIDEO_SECONDS } from './providers.ts';

export const FOLDERS = { fresh: '666/', middle: '555/', front: '444/', archive: 'archive/' };
const MOST_BYTES = 100_000_000;
/** Scaling a plain picture moves its colour by no more than this, of 255. */
const COLOUR_TOLERANCE = 6;

/** What the files of a group really are; null where there is no such file. */
interface Truth {
  readonly image: 'midjourney' | 'placeholder' | null;
  readonly video: 'runway' | 'mock' | null;
}

export class Observer {
  readonly #store: ObjectStore;
  readonly #hashOfVideo: string;
  /** By key and etag: files do not change under one etag, so that each is looked into once. */
  readonly #known = new Map<string, 'real' | 'stand-in'>();
  /** Ids of all texts that were ever saved. */
  readonly texts = new Set<string>();
  /** Provider's ids of all tasks that the state ever named. */
  readonly tasks = new Set<string>();
  /** How often a killed process left the channel in each phase. */
  readonly phases: Record<string, number> = {};
  readonly problems: string[] = [];

  private constructor(store: ObjectStore, hashOfVideo: string) {
    this.#store = store;
    this.#hashOfVideo = hashOfVideo;
  }

  static async open(store: ObjectStore): Promise<Observer> {
    return new Observer(store, hashOf(await readFile(await clip(VIDEO_SECONDS))));
  }

  /** Between processes; `afterKill`: one of them was killed. */
  async look(afterKill: boolean): Promise<void> {
    const image = imageDocumentSchema.parse((await this.json(IMAGE)) ?? {});
    const { midjourney_task: task, video_task: video, late_tasks: late = [] } = image;
    if (task !== null && typeof task === 'object' && typeof task.task_id === 'string')
      this.tasks.add(task.task_id);
    for (const known of video ? [video, ...late] : late) this.tasks.add(known.task_id);
    const answered = image.midjourney_results?.['task_id'];
    if (typeof answered === 'string') this.tasks.add(answered);
    if (afterKill) {
      const phase = image.submission ? `${phaseOf(image)}, ordering` : phaseOf(image);
      this.phases[phase] = (this.phases[phase] ?? 0) + 1;
    }
    for (const place of CONVEYOR) await this.#lookInto(FOLDERS[place], false);
  }

  async #lookInto(folder: string, atRest: boolean): Promise<void> {
    for (const group of groupObjects(folder, await this.list(folder))) {
      if (!hasPart(group, folder, 'json')) continue;
      this.texts.add(group.id);
      const said = await this.mediaOf(folder, group.id);
      if (said === null) continue;
      const { image, video } = await this.#truthOf(folder, group.id, group.objects as readonly ObjectInfo[]);
      if (said.image === 'midjourney' && image === 'placeholder')
        this.problems.push(`I7 ${folder}${group.id} passes a placeholder off as Midjourney’s`);
      if (said.video === 'runway' && video === 'mock')
        this.problems.push(`I7 ${folder}${group.id} passes a mock video off as Runway’s`);
      // A real file that is called a stand-in does no harm for a moment, but is wrong in a finished post.
      if (atRest && isReady(group, folder) && (said.image !== image || said.video !== video))
        this.problems.push(
          `D11 ${folder}${group.id} says ${said.image} and ${said.video}, but is ${image} and ${video}`,
        );
    }
  }

  /** All groups, finished ones included. */
  async lookAtRest(): Promise<void> {
    for (const folder of Object.values(FOLDERS)) await this.#lookInto(folder, true);
  }

  async #truthOf(folder: string, id: string, objects: readonly ObjectInfo[]): Promise<Truth> {
    const find = (part: Part) => objects.find(({ key }) => key === partKey(folder, id as never, part));
    const [png, mp4] = [find('png'), find('mp4')];
    const image = png && (await this.#judge(png, async (bytes) => isPainted(await middleOf(bytes))));
    const video = mp4 && (await this.#judge(mp4, async (bytes) => hashOf(bytes) === this.#hashOfVideo));
    return {
      image: image ? (image === 'real' ? 'midjourney' : 'placeholder') : null,
      video: video ? (video === 'real' ? 'runway' : 'mock') : null,
    };
  }

  async #judge(
    { key, etag }: ObjectInfo,
    isReal: (bytes: Uint8Array) => Promise<boolean>,
  ): Promise<'real' | 'stand-in'> {
    const name = `${key} ${etag}`;
    const known = this.#known.get(name);
    if (known) return known;
    const stored = valueOf(await this.#store.get(key, MOST_BYTES));
    const verdict = stored && (await isReal(stored.body)) ? 'real' : 'stand-in';
    this.#known.set(name, verdict);
    return verdict;
  }

  async mediaOf(folder: string, id: string): Promise<Media | null> {
    const post = await this.json(`${folder}${id}.json`);
    return post?.media === undefined ? null : mediaSchema.parse(post.media);
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    return valueOf(await collectList(this.#store, prefix));
  }

  /** Leases; the store's own probe lies beside them. */
  async tickets(): Promise<readonly ObjectInfo[]> {
    return (await this.list(TICKET_FOLDER)).filter(({ key }) => key.endsWith('.json'));
  }

  /** `null` when there is no such object; one that is no JSON is an exception, for no run may leave such. */
  async json(key: string): Promise<Json> {
    const stored = valueOf(await this.#store.get(key, MOST_BYTES));
    return stored === null ? null : JSON.parse(new TextDecoder().decode(stored.body));
  }

  async journals(): Promise<JournalDocument[]> {
    const documents: JournalDocument[] = [];
    for (const { key } of await this.list(JOURNAL_FOLDER))
      documents.push(journalSchema.parse(await this.json(key)));
    return documents;
  }

  /** Ids of the groups of a folder, or those that are ready. */
  async groups(folder: string, ready: boolean): Promise<string[]> {
    const groups = groupObjects(folder, await this.list(folder));
    return groups.filter((group) => !ready || isReady(group, folder)).map(({ id }) => id);
  }
}

function isPainted(colour: readonly number[]): boolean {
  return [0, 1, 2, 3].some((variant) =>
    colourOf(variant).every((value, index) => Math.abs(value - (colour[index] ?? -1)) <= COLOUR_TOLERANCE),
  );
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
