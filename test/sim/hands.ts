/**
 * People and older tools that write into the bucket: the owner who edits, breaks and mends documents, moves and throws
 * away posts and puts files beside them, and a tool that knows the lock only as a flag.
 */
import { PROGRESS_KEYS } from '../../src/domain/channel-state.ts';
import type { Channel } from './channel.ts';
import { SETTINGS } from './settings.ts';

const { documents, folders } = SETTINGS;
const LIVE = [folders.fresh, folders.middle, folders.front];
const HOUR = 3600;

/** A time in which a document could not be read. */
export interface Damage {
  readonly key: string;
  readonly from: number;
  to: number;
}

/** A time in which the older tool believed the channel to be its own. */
export interface Hold {
  readonly from: number;
  to: number;
}

export class Hands {
  readonly damages: Damage[] = [];
  readonly holds: Hold[] = [];
  /** Posts that the owner threw away. */
  readonly discarded = new Set<string>();
  /** Posts whose state the owner reset. */
  readonly restarted = new Set<string>();
  /** Names of files that the owner put beside a post. */
  readonly notes: string[] = [];
  /** Keys that the owner added, by document. */
  readonly keys: { readonly document: string; readonly name: string }[] = [];
  readonly #channel: Channel;
  #count = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** One of the things that people do, chosen by `plan`. */
  act(plan: () => number): void {
    const acts = [
      () => this.breakDocument(plan),
      () => this.raiseFlag(plan() < 0.3 ? Number.POSITIVE_INFINITY : plan() * 2 * HOUR),
      () => this.putNote(plan),
      () => this.moveForward(plan),
      () => this.throwAway(plan),
      () => this.addKey(plan),
      () => this.askForMock(),
      () => this.listStrangeEntry(),
      () => this.resetImage(),
      () => this.keepFourKeys(),
      () => this.removePicture(),
    ];
    acts[Math.floor(plan() * acts.length)]?.();
  }

  /** Half of a document is gone until somebody notices and puts it back. */
  breakDocument(plan: () => number): void {
    const { bucket, world } = this.#channel;
    const keys = [documents.public, documents.generation, documents.image, documents.topicsTracker];
    const key = keys[Math.floor(plan() * keys.length)] ?? documents.public;
    const text = bucket.text(key);
    if (text === null || this.#isBroken(key) || this.#somebodyCouldOverwrite()) return;
    const broken = text.slice(0, Math.floor(text.length / 2));
    this.#write('owner', key, broken);
    const damage = { key, from: world.time, to: Number.POSITIVE_INFINITY };
    this.damages.push(damage);
    world.at(world.time + plan() * 20 * HOUR, () => {
      damage.to = world.time;
      if (bucket.text(key) === broken) this.#write('owner', key, text);
    });
  }

  /** The older tool works only when the flag is down, and lowers it again unless it dies. */
  raiseFlag(seconds: number): void {
    const { bucket, world } = this.#channel;
    if (this.#isBroken(documents.public)) return;
    const document = bucket.json(documents.public);
    if (document['processing_lock'] === true) return;
    this.#write('tool', documents.public, JSON.stringify({ ...document, processing_lock: true }));
    const hold = { from: world.time, to: Number.POSITIVE_INFINITY };
    this.holds.push(hold);
    if (!Number.isFinite(seconds)) return;
    world.at(world.time + seconds, () => {
      hold.to = world.time;
      if (this.#isBroken(documents.public)) return;
      const now = bucket.json(documents.public);
      this.#write('tool', documents.public, JSON.stringify({ ...now, processing_lock: false }));
    });
  }

  putNote(plan: () => number): void {
    const found = this.#readyPost(plan);
    if (found === null || this.#channel.published.includes(found.id)) return;
    this.#count += 1;
    const name = `${found.id}${plan() < 0.5 ? '_' : '.'}note-${this.#count}.txt`;
    this.#write('owner', `${found.folder}${name}`, 'a note');
    this.notes.push(name);
  }

  /** A copy and a delete, as a person does it in a bucket's web page. */
  moveForward(plan: () => number): void {
    const found = this.#readyPost(plan);
    if (found === null || found.folder === folders.front || this.#runs()) return;
    const { bucket } = this.#channel;
    for (const key of bucket.keys(`${found.folder}${found.id}`)) {
      const body = bucket.objects.get(key)?.body;
      if (body) bucket.write('owner', key.replace(found.folder, folders.front), body);
      bucket.remove('owner', key);
    }
  }

  throwAway(plan: () => number): void {
    const found = this.#readyPost(plan);
    if (found === null || this.#channel.published.includes(found.id) || this.#runs()) return;
    for (const key of this.#channel.bucket.keys(`${found.folder}${found.id}`))
      this.#channel.bucket.remove('owner', key);
    this.discarded.add(found.id);
  }

  addKey(plan: () => number): void {
    const document = plan() < 0.5 ? documents.generation : documents.image;
    if (this.#isBroken(document) || this.#somebodyCouldOverwrite()) return;
    this.#count += 1;
    const name = `added_${this.#count}`;
    const text = JSON.stringify({ ...this.#channel.bucket.json(document), [name]: 'kept' });
    this.#write('owner', document, text);
    this.keys.push({ document, name });
  }

  /** The documented state in which a mock is due, set by an owner who will not wait for the picture. */
  askForMock(): void {
    if (this.#isBroken(documents.image) || this.#somebodyCouldOverwrite()) return;
    const image = this.#channel.bucket.json(documents.image);
    if (!image['midjourney_task'] || image['submission']) return;
    const text = JSON.stringify({ ...image, midjourney_task: null, status: 'timed_out_mock_needed' });
    this.#write('owner', documents.image, text);
  }

  /** Somebody who takes the channel for stuck starts it anew; what is ordered is ordered all the same. */
  resetImage(): void {
    if ([documents.image, documents.generation].some((key) => this.#isBroken(key))) return;
    if (this.#somebodyCouldOverwrite()) return;
    const image = this.#channel.bucket.json(documents.image);
    this.restarted.add(String(this.#channel.bucket.json(documents.generation)['generation_id']));
    for (const key of PROGRESS_KEYS) delete image[key];
    const rest = { midjourney_task: null, midjourney_results: {}, generation: false, status: null };
    this.#write('owner', documents.image, JSON.stringify({ ...image, ...rest }));
  }

  /** An older tool writes the document as it knows it. */
  keepFourKeys(): void {
    if ([documents.image, documents.generation].some((key) => this.#isBroken(key))) return;
    if (this.#somebodyCouldOverwrite()) return;
    const image = this.#channel.bucket.json(documents.image);
    this.restarted.add(String(this.#channel.bucket.json(documents.generation)['generation_id']));
    for (const key of PROGRESS_KEYS) delete image[key];
    this.#write('owner', documents.image, JSON.stringify(image));
  }

  /** Of the post in the making, by somebody who tidies up. */
  removePicture(): void {
    const { bucket } = this.#channel;
    if (this.#isBroken(documents.generation)) return;
    const id = String(bucket.json(documents.generation)['generation_id']);
    const key = `${folders.fresh}${id}.png`;
    // Complete or half moved, it is finished: the next run only has to say so, and a hand in it is repair's business.
    const isMade =
      bucket.text(`${folders.fresh}${id}.json`) === null || this.#channel.ready(folders.fresh).includes(id);
    if (bucket.text(key) === null || isMade) return;
    bucket.remove('owner', key);
  }

  /** No id: it stays in the list, and is nobody's post. */
  listStrangeEntry(): void {
    if (this.#isBroken(documents.public) || this.#runs()) return;
    const document = this.#channel.bucket.json(documents.public);
    const { generation_id: before } = document;
    const listed: readonly unknown[] = Array.isArray(before) ? before : before ? [before] : [];
    this.#write(
      'owner',
      documents.public,
      JSON.stringify({ ...document, generation_id: [...listed, 'no-id'] }),
    );
  }

  /** Nobody in their senses touches the post that is being made, or one that is half moved: that is what `reelmill repair` is for. */
  #readyPost(plan: () => number): { id: string; folder: string } | null {
    const { bucket } = this.#channel;
    if (this.#isBroken(documents.generation)) return null;
    const named = bucket.text(documents.generation) ?? '';
    const found = LIVE.flatMap((folder) => this.#channel.ready(folder).map((id) => ({ id, folder }))).filter(
      ({ id, folder }) =>
        !named.includes(id) &&
        LIVE.every((other) => other === folder || bucket.keys(other + id).length === 0),
    );
    return found[Math.floor(plan() * found.length)] ?? null;
  }

  #isBroken(key: string): boolean {
    return this.damages.some((damage) => damage.key === key && damage.to > this.#channel.world.time);
  }

  #runs(): boolean {
    return this.#channel.runs.some((run) => run.process.alive && run.report === null && run.crash === null);
  }

  /** Without conditional writes, nobody can keep a run from writing over an edit that it has not seen. */
  #somebodyCouldOverwrite(): boolean {
    return !this.#channel.bucket.kind.conditionalWrites && this.#runs();
  }

  #write(by: string, key: string, text: string): void {
    this.#channel.bucket.write(by, key, new TextEncoder().encode(text));
  }
}
