/**
 * The three documents, read and written with care: an unreadable one is an error and never a default (S1), a write
 * replaces only what was read where the store can compare, and a write whose answer was lost is looked up, not repeated blindly.
 */
import {
  generationDocumentSchema,
  imageDocumentSchema,
  publicDocumentSchema,
  publishedIds,
  type GenerationDocument,
  type ImageDocument,
  type PublicDocument,
} from '../domain/channel-state.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { DocumentKeys } from '../domain/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { documentBytes, readDocument, MAX_DOCUMENT_BYTES } from '../steps/documents.ts';
import type { z } from 'zod';
import { PublishedIds } from './published-ids.ts';

export interface Read<T> {
  readonly value: T;
  /** `null`: there is no such object, and `value` is its documented default. */
  readonly etag: string | null;
  readonly lastModified: Date | null;
}

const WRITE_ATTEMPTS = 4;

export class StateStore {
  readonly #store: ObjectStore;
  readonly #keys: DocumentKeys;
  readonly #clock: Clock;
  /** As this process last saw it; only where the store refuses a write that is based on an older one. */
  #public: Read<PublicDocument> | null = null;

  readonly #published: PublishedIds;

  constructor(store: ObjectStore, keys: DocumentKeys, clock: Clock) {
    this.#store = store;
    this.#keys = keys;
    this.#clock = clock;
    this.#published = new PublishedIds(store, keys.public);
  }

  /** `seenIsEnough`: what this run has read or written last will do, when there is such a thing. */
  async readPublic(seenIsEnough = false): Promise<Result<Read<PublicDocument>>> {
    if (seenIsEnough && this.#public !== null) return success(this.#public);
    const read = await this.#read(this.#keys.public, publicDocumentSchema);
    if (read.ok) this.#public = read.value;
    return read;
  }

  /** With every id that the publisher has marked, also those that were written over and are not merged back yet. */
  async readPublished(seenIsEnough = false): Promise<Result<PublicDocument>> {
    const read = await this.readPublic(seenIsEnough);
    return read.ok ? this.#published.complete(read.value) : read;
  }

  async isMarked(id: GenerationId): Promise<Result<boolean>> {
    const published = await this.readPublished();
    return published.ok ? success(publishedIds(published.value).ids.includes(id)) : published;
  }

  readGeneration(): Promise<Result<Read<GenerationDocument>>> {
    return this.#read(this.#keys.generation, generationDocumentSchema as z.ZodType<GenerationDocument>);
  }

  readImage(): Promise<Result<Read<ImageDocument>>> {
    return this.#read(this.#keys.image, imageDocumentSchema);
  }

  writeGeneration(
    read: Read<GenerationDocument>,
    next: GenerationDocument,
  ): Promise<Result<Read<GenerationDocument>>> {
    return this.#write(this.#keys.generation, read, next);
  }

  writeImage(read: Read<ImageDocument>, next: ImageDocument): Promise<Result<Read<ImageDocument>>> {
    return this.#write(this.#keys.image, read, next);
  }

  /**
   * `change` gives the new document, or `null` for no change, or a failure. Called again with the newer document when
   * somebody wrote in between. What the publisher appended meanwhile is never lost: where the store compares, because
   * the write is refused; where it keeps versions, because those between the read and the write are merged back.
   */
  async updatePublic(
    change: (document: PublicDocument, lastModified: Date | null) => Result<PublicDocument | null>,
  ): Promise<Result<PublicDocument>> {
    const capabilities = await this.#store.capabilities();
    if (!capabilities.ok) return capabilities;
    for (let attempt = 1; ; attempt += 1) {
      // Only a store that refuses what rests on an old look need not be asked again.
      const known = attempt === 1 && capabilities.value.conditionalWrites ? this.#public : null;
      const read = known === null ? await this.readPublic() : success(known);
      if (!read.ok) return read;
      const completed = await this.#published.complete(read.value);
      if (!completed.ok) return completed;
      const changed = change(completed.value, read.value.lastModified);
      // A refusal, or nothing to do, must not rest on an old look.
      if (known !== null && (!changed.ok || changed.value === null)) continue;
      if (!changed.ok) return changed;
      const next = changed.value ?? completed.value;
      if (next === read.value.value) return success(next);
      const marked = await this.#published.marked(read.value, completed.value, next);
      const written = await this.#write(this.#keys.public, read.value, marked);
      this.#public = written.ok ? written.value : null;
      if (written.ok) return this.#mergeMissed(read.value, written.value);
      if (written.failure.code !== 'state_conflict' || attempt === WRITE_ATTEMPTS) return written;
    }
  }

  /** In place of one that cannot be read, whose etag is `etag`. What the publisher writes meanwhile is not lost here either. */
  async restorePublic(etag: string, document: PublicDocument): Promise<Result<PublicDocument>> {
    const damaged = { value: document, etag, lastModified: null };
    const written = await this.#write(this.#keys.public, damaged, document);
    return written.ok ? this.#mergeMissed(damaged, written.value) : written;
  }

  async #mergeMissed(
    before: Read<PublicDocument>,
    after: Read<PublicDocument>,
  ): Promise<Result<PublicDocument>> {
    const missed = await this.#published.hasMissed(before, after);
    if (!missed.ok) return missed;
    return missed.value ? this.updatePublic(() => success(null)) : success(after.value);
  }

  async #read<T>(key: string, schema: z.ZodType<T>): Promise<Result<Read<T>>> {
    const read = await readDocument(this.#store, key, schema);
    if (!read.ok) return read;
    if (read.value === null) return success({ value: schema.parse({}), etag: null, lastModified: null });
    return success(read.value);
  }

  async #write<T>(key: string, read: Read<T>, next: T): Promise<Result<Read<T>>> {
    const capabilities = await this.#store.capabilities();
    if (!capabilities.ok) return capabilities;
    const options = {
      contentType: 'application/json',
      ...(capabilities.value.conditionalWrites ? { onlyIf: read.etag } : {}),
    };
    const bytes = documentBytes(next);
    for (let attempt = 1; ; attempt += 1) {
      const put = await this.#store.put(key, { bytes }, options);
      if (put.ok) return success({ value: next, etag: put.value.etag, lastModified: put.value.lastModified });
      if (put.failure.effect !== 'unknown') return put;
      const landed = await this.#landed(key, bytes, read.etag);
      if (!landed.ok) return landed;
      if (landed.value !== 'not yet') return success({ value: next, ...landed.value });
      if (attempt === WRITE_ATTEMPTS) return put;
      await this.#clock.sleep(0.5 * 2 ** attempt);
    }
  }

  /** Tells "my write landed" from "it did not" and from "somebody else’s did". */
  async #landed(
    key: string,
    bytes: Uint8Array,
    before: string | null,
  ): Promise<Result<'not yet' | { etag: string; lastModified: Date }>> {
    const stored = await this.#store.get(key, MAX_DOCUMENT_BYTES);
    if (!stored.ok) return stored;
    if (stored.value === null)
      return before === null
        ? success('not yet')
        : failure('state_conflict', 'The document vanished while it was written', { key });
    const { body, etag, lastModified } = stored.value;
    if (body.length === bytes.length && body.every((byte, index) => byte === bytes[index]))
      return success({ etag, lastModified });
    return etag === before
      ? success('not yet')
      : failure('state_conflict', 'Somebody else wrote the document at the same time', { key });
  }
}
