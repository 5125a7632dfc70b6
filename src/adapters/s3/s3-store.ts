/**
 * A bucket that speaks S3: Backblaze B2, AWS, Cloudflare R2, MinIO and others. It prevents what the plain SDK allows: a
 * cut body that looks whole, a repeated write that is taken for somebody else's, an error taken for "not found".
 */
import { rename, rm } from 'node:fs/promises';
import type * as Sdk from '@aws-sdk/client-s3';

import { failure, success, type Result } from '../../domain/failure.ts';
import { keyProblem, prefixProblem } from '../../domain/object-key.ts';
import {
  badKey,
  changedMeanwhile,
  largerThan,
  localFileFailed,
  notOffered,
} from '../../domain/store-failures.ts';
import type {
  ObjectInfo,
  ObjectStore,
  PutOptions,
  PutSource,
  StoreCapabilities,
  StoredBody,
} from '../../ports/object-store.ts';
import {
  hashBody,
  prepareUpload,
  readBody,
  LocalFileTrouble,
  saveBody,
  TooLarge,
  type Download,
  type Upload,
} from './bodies.ts';
import { plainEtag, spelled, type EtagSpelling } from './etag.ts';
import { listPages } from './listing.ts';
import { probeCapabilities } from './probe.ts';
import { openRequests, type Asked, type S3Options, type S3Requests } from './s3-client.ts';
import { BrokenAnswer, isConflict, isMissingObject, s3Failure, type S3Trouble } from './s3-errors.ts';
import { readVersions } from './versions.ts';

export type { S3Options } from './s3-client.ts';

/** Opens a client; nothing is asked of the server yet. The SDK is loaded here and nowhere else. */
export async function createS3Store(options: S3Options): Promise<ObjectStore> {
  return new S3Store(await import('@aws-sdk/client-s3'), await openRequests(options), options);
}

class S3Store implements ObjectStore {
  readonly description: string;
  readonly #sdk: typeof Sdk;
  readonly #requests: S3Requests;
  readonly #bucket: string;
  readonly #prefix: string;
  #capabilities: Promise<Result<StoreCapabilities>> | null = null;
  #spelling: EtagSpelling = 'quoted';
  /** Only then does a 404 without a body mean that the object is missing, and not the whole bucket. */
  #bucketSeen = false;
  #partials = 0;

  constructor(sdk: typeof Sdk, requests: S3Requests, options: S3Options) {
    const { bucket, prefix = '' } = options;
    this.#sdk = sdk;
    this.#requests = requests;
    this.#bucket = bucket;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    if (prefixProblem(this.#prefix) !== null)
      throw new Error(`the bucket's prefix ${prefixProblem(this.#prefix)}`);
    this.description = `s3 bucket ${bucket}${this.#prefix === '' ? '' : ` below ${this.#prefix}`}`;
  }

  capabilities(): Promise<Result<StoreCapabilities>> {
    this.#capabilities ??= this.#probe();
    return this.#capabilities;
  }

  async get(key: string, maxBytes: number): ReturnType<ObjectStore['get']> {
    return this.#download(key, maxBytes, async (download) => ({ body: await readBody(download) }));
  }

  async getFile(key: string, file: string, maxBytes: number): ReturnType<ObjectStore['getFile']> {
    this.#partials += 1;
    const partial = `${file}.${process.pid}-${this.#partials}.partial`;
    try {
      const found = await this.#download(key, maxBytes, async (download) => {
        await saveBody(download, partial);
        return {};
      });
      if (found.ok && found.value !== null) await rename(partial, file);
      return found;
    } catch (error) {
      return localFileFailed('written', file, key, error instanceof LocalFileTrouble ? error.cause : error);
    } finally {
      await rm(partial, { force: true }).catch(() => {});
    }
  }

  async head(key: string): ReturnType<ObjectStore['head']> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    const asked = await this.#requests.ask('head', (abortSignal) =>
      this.#requests.client
        .send(new this.#sdk.HeadObjectCommand(this.#at(key)), { abortSignal })
        .then((output) => this.#info(key, output)),
    );
    if (asked.ok) return this.#seen(asked.value);
    if (!isMissingObject(asked.trouble)) return this.#failed(asked.trouble, 'HeadObject', key);
    return this.#bucketSeen ? success(null) : this.#missingOrNoBucket(key);
  }

  async put(key: string, source: PutSource, options: PutOptions): Promise<Result<ObjectInfo>> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    if (options.onlyIf !== undefined) {
      const capabilities = await this.capabilities();
      if (!capabilities.ok) return capabilities;
      if (!capabilities.value.conditionalWrites)
        return notOffered(key, this.description, 'conditional writes');
    }
    let upload: Upload;
    try {
      upload = await prepareUpload(source);
    } catch (error) {
      return localFileFailed('read', 'file' in source ? source.file : '', key, error);
    }
    const asked = await this.#send(key, upload, options);
    if (asked.ok) return this.#seen(asked.value);
    // AWS answers so when the object to be replaced is gone.
    const gone = typeof options.onlyIf === 'string' && isMissingObject(asked.trouble);
    if (gone || isConflict(asked.trouble)) return this.#whoWrote(key, upload, asked.doubt);
    return this.#failed(asked.trouble, 'PutObject', key, asked.doubt);
  }

  async *list(prefix: string): AsyncGenerator<Result<ObjectInfo>> {
    const problem = prefixProblem(prefix);
    if (problem !== null) {
      yield badKey(prefix, problem);
      return;
    }
    for await (const page of listPages(this.#sdk, this.#requests, this.#bucket, this.#prefix + prefix)) {
      if (!page.ok) {
        yield this.#failed(page.trouble, 'ListObjectsV2', prefix);
        return;
      }
      for (const info of page.value) {
        const key = info.key.slice(this.#prefix.length);
        if (keyProblem(key) === null) yield this.#seen({ ...info, key });
      }
    }
  }

  async copy(from: string, to: string): ReturnType<ObjectStore['copy']> {
    const problem = keyProblem(from);
    if (problem !== null) return badKey(from, problem);
    const targetProblem = keyProblem(to);
    if (targetProblem !== null) return badKey(to, targetProblem);
    // S3 refuses to copy an object onto itself, and it would change nothing.
    if (from === to) return this.head(from);
    const source = [this.#bucket, ...(this.#prefix + from).split('/')].map(encodeURIComponent).join('/');
    const asked = await this.#requests.ask('copy', (abortSignal) =>
      this.#requests.client.send(new this.#sdk.CopyObjectCommand({ ...this.#at(to), CopySource: source }), {
        abortSignal,
      }),
    );
    if (!asked.ok && isMissingObject(asked.trouble)) return success(null);
    if (!asked.ok) return this.#failed(asked.trouble, 'CopyObject', from, asked.doubt);
    const copied = await this.head(to);
    if (!copied.ok || copied.value !== null) return copied;
    return failure('store_unavailable', `The copy in ${this.description} is gone right after it was made`, {
      key: to,
    });
  }

  async delete(key: string): Promise<Result<void>> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    const asked = await this.#requests.ask('delete', (abortSignal) =>
      this.#requests.client.send(new this.#sdk.DeleteObjectCommand(this.#at(key)), { abortSignal }),
    );
    if (asked.ok || isMissingObject(asked.trouble)) return success(undefined);
    return this.#failed(asked.trouble, 'DeleteObject', key, asked.doubt);
  }

  async versions(key: string, sinceEtag: string | null, limit: number): ReturnType<ObjectStore['versions']> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    const capabilities = await this.capabilities();
    if (!capabilities.ok) return capabilities;
    if (!capabilities.value.versions) return notOffered(key, this.description, 'versions');
    const read = await readVersions(this.#sdk, this.#requests, this.#at(key), sinceEtag, limit);
    if (read.ok) return success(read.value.map((version): StoredBody => ({ ...version, key })));
    return this.#failed(read.trouble, 'ListObjectVersions', key);
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #send(key: string, upload: Upload, { contentType, onlyIf }: PutOptions): Promise<Asked<ObjectInfo>> {
    return this.#requests.ask('put', async (abortSignal, progress) => {
      const output = await this.#requests.client.send(
        new this.#sdk.PutObjectCommand({
          ...this.#at(key),
          Body: upload.open(progress, abortSignal),
          ContentLength: upload.size,
          ContentMD5: Buffer.from(upload.md5, 'hex').toString('base64'),
          ContentType: contentType,
          ...(onlyIf === null ? { IfNoneMatch: '*' } : {}),
          ...(typeof onlyIf === 'string' ? { IfMatch: spelled(onlyIf, this.#spelling) } : {}),
        }),
        { abortSignal },
      );
      return this.#info(key, {
        ...output,
        ContentLength: upload.size,
        LastModified: this.#requests.dateOf(output) ?? new Date(),
      });
    });
  }

  /** After a refused condition: an earlier attempt whose answer was lost may be what it now collides with. */
  async #whoWrote(key: string, upload: Upload, doubt: boolean): Promise<Result<ObjectInfo>> {
    const conflict = changedMeanwhile(key, this.description);
    if (!doubt) return conflict;
    // Ours may have been there for a moment before somebody replaced it.
    const unsure = { ...conflict, failure: { ...conflict.failure, effect: 'unknown' as const } };
    const present = await this.head(key);
    if (!present.ok || present.value?.size !== upload.size) return unsure;
    if (present.value.etag === upload.md5) return success(present.value);
    // Encrypted objects have other etags; then only the body tells.
    const hashed = await this.#download(key, upload.size, async (download) => ({
      md5: await hashBody(download),
    }));
    if (!hashed.ok || hashed.value?.md5 !== upload.md5) return unsure;
    const { md5: _, ...info } = hashed.value;
    return success(info);
  }

  async #download<T extends object>(
    key: string,
    maxBytes: number,
    use: (download: Download) => Promise<T>,
  ): Promise<Result<(ObjectInfo & T) | null>> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    let local: unknown = null;
    const asked = await this.#requests.ask('get', async (signal, progress) => {
      const output = await this.#requests.client.send(new this.#sdk.GetObjectCommand(this.#at(key)), {
        abortSignal: signal,
      });
      const info = this.#info(key, output);
      try {
        const used = await use({
          body: output.Body,
          announced: output.ContentLength,
          maxBytes,
          progress,
          signal,
        });
        return { ...info, ...used };
      } catch (error) {
        if (!(error instanceof TooLarge || error instanceof LocalFileTrouble)) throw error;
        local = error;
        return null;
      }
    });
    if (local instanceof LocalFileTrouble) throw local;
    if (local instanceof TooLarge) return largerThan(key, local.size, maxBytes);
    if (asked.ok) return this.#seen(asked.value);
    return isMissingObject(asked.trouble) ? success(null) : this.#failed(asked.trouble, 'GetObject', key);
  }

  #info(
    key: string,
    output: Pick<Sdk.HeadObjectOutput, 'ETag' | 'ContentLength' | 'LastModified'>,
  ): ObjectInfo {
    const { ETag: etag, ContentLength: size, LastModified: lastModified } = output;
    if (etag === undefined || size === undefined || lastModified === undefined)
      throw new BrokenAnswer('the answer lacks the etag, the size or the time; is this an S3 server?');
    return { key, size, etag: plainEtag(etag), lastModified };
  }

  #seen<T>(value: T): Result<T> {
    this.#bucketSeen = true;
    return success(value);
  }

  async #missingOrNoBucket(key: string): Promise<Result<null>> {
    const asked = await this.#requests.ask('head', (abortSignal) =>
      this.#requests.client.send(new this.#sdk.HeadBucketCommand({ Bucket: this.#bucket }), { abortSignal }),
    );
    // A key that may not ask this may still read objects: then the 404 is believed.
    if (asked.ok || asked.trouble.status === 403) return this.#seen(null);
    if (asked.trouble.status !== 404) return this.#failed(asked.trouble, 'HeadBucket', key);
    return this.#failed(
      { ...asked.trouble, name: 'NoSuchBucket', reason: 'the bucket does not exist' },
      'HeadObject',
      key,
    );
  }

  async #probe(): Promise<Result<StoreCapabilities>> {
    const probed = await probeCapabilities(this.#sdk, this.#requests, this.#bucket, this.#prefix);
    if (probed.ok) {
      this.#spelling = probed.value.spelling;
      return this.#seen(probed.value.capabilities);
    }
    this.#capabilities = null;
    return this.#failed(probed.trouble, 'The probe of conditional writes', '');
  }

  #failed(trouble: S3Trouble, operation: string, key: string, doubt = false): ReturnType<typeof failure> {
    return s3Failure(doubt ? { ...trouble, effect: 'unknown' } : trouble, operation, key, this.description);
  }
}
