/**
 * What a bucket can really do. Some servers take the headers of a conditional write and ignore them; believing them would
 * let two runs overwrite each other. Others refuse every such write, the right ones too; believing them would let nobody
 * write at all. So one that must be refused and one that must be taken are tried, and only both together count.
 */
import type * as Sdk from '@aws-sdk/client-s3';

import type { StoreCapabilities } from '../../ports/object-store.ts';
import { ETAG_SPELLINGS, plainEtag, spelled, type EtagSpelling } from './etag.ts';
import type { Asked, S3Requests } from './s3-client.ts';
import { isConflict, isMissingObject, isNotOffered } from './s3-errors.ts';

const PROBE_KEY = 'locks/.probe';
const BODY = new TextEncoder().encode(
  'Reelmill tests here whether this store refuses a conflicting write.\n',
);
/** No object has it: servers give digests. */
const NO_ETAG = '00000000000000000000000000000000';
/** How often other runs, which probe at the same moment, may change the object under us. */
const MOST_TRIES = 5;

export interface Probed {
  readonly capabilities: StoreCapabilities;
  /** How this server wants to read an etag in a condition. */
  readonly spelling: EtagSpelling;
}

/** `version`: the id that the store gave to what was written, if it keeps versions. */
type Written = { readonly refused: true } | { readonly refused: false; readonly version: string | undefined };
type Condition = Pick<Sdk.PutObjectRequest, 'IfMatch' | 'IfNoneMatch'>;

/**
 * Two to four requests on a store without conditional writes, four to six on one that has them, a few more on one that
 * reads etags in its own way. Leaves one small object, `locks/.probe`. Failures: the key may not write, or nothing answers.
 */
export async function probeCapabilities(
  sdk: typeof Sdk,
  requests: S3Requests,
  bucket: string,
  prefix: string,
): Promise<Asked<Probed>> {
  const probe = new Probe(sdk, requests, { Bucket: bucket, Key: prefix + PROBE_KEY });
  const spelling = await probe.comparison();
  if (!spelling.ok) return spelling;
  const versions: Asked<boolean> = isVersion(probe.version)
    ? { ok: true, value: true, doubt: false }
    : await keepsVersions(sdk, requests, bucket, prefix);
  if (!versions.ok) return versions;
  const capabilities = { conditionalWrites: spelling.value !== null, versions: versions.value };
  return { ...versions, value: { capabilities, spelling: spelling.value ?? 'quoted' } };
}

class Probe {
  /** What the store called the newest write that it took. */
  version: string | undefined;
  readonly #sdk: typeof Sdk;
  readonly #requests: S3Requests;
  readonly #place: { readonly Bucket: string; readonly Key: string };

  constructor(
    sdk: typeof Sdk,
    requests: S3Requests,
    place: { readonly Bucket: string; readonly Key: string },
  ) {
    this.#sdk = sdk;
    this.#requests = requests;
    this.#place = place;
  }

  /** How the store reads the etag that it compares; `null` when it does not compare. */
  async comparison(): Promise<Asked<EtagSpelling | null>> {
    // The first one makes the object where there is none yet, which proves nothing.
    let created = await this.#put({ IfNoneMatch: '*' });
    if (created.ok && !created.value.refused) created = await this.#put({ IfNoneMatch: '*' });
    if (!created.ok) return notOfferedOr(created);
    if (!created.value.refused) return none;
    for (const spelling of ETAG_SPELLINGS) {
      const replaced = await this.#put({ IfMatch: spelled(NO_ETAG, spelling) });
      if (!replaced.ok) return notOfferedOr(replaced);
      if (!replaced.value.refused) return none;
      const right = await this.#takesTheRightOne(spelling);
      if (!right.ok) return notOfferedOr(right);
      if (right.value) return { ...right, value: spelling };
    }
    return none;
  }

  async #takesTheRightOne(spelling: EtagSpelling): Promise<Asked<boolean>> {
    let present = await this.#etag();
    for (let tried = 0; tried < MOST_TRIES && present.ok && present.value !== null; tried += 1) {
      const { value: etag } = present;
      const put = await this.#put({ IfMatch: spelled(etag, spelling) });
      if (!put.ok || !put.value.refused) return put.ok ? { ...put, value: true } : put;
      present = await this.#etag();
      if (present.ok && present.value === etag) break;
    }
    return present.ok ? { ...present, value: false } : present;
  }

  async #etag(): Promise<Asked<string | null>> {
    const asked = await this.#requests.ask('probe', async (abortSignal) => {
      const command = new this.#sdk.HeadObjectCommand(this.#place);
      const { ETag: etag } = await this.#requests.client.send(command, { abortSignal });
      return etag === undefined ? null : plainEtag(etag);
    });
    return !asked.ok && isMissingObject(asked.trouble) ? { ok: true, value: null, doubt: false } : asked;
  }

  async #put(condition: Condition): Promise<Asked<Written>> {
    const asked = await this.#requests.ask('probe', async (abortSignal): Promise<Written> => {
      const command = new this.#sdk.PutObjectCommand({
        ...this.#place,
        Body: BODY,
        ContentType: 'text/plain',
        ...condition,
      });
      const { VersionId: version } = await this.#requests.client.send(command, { abortSignal });
      return { refused: false, version };
    });
    if (asked.ok && !asked.value.refused) this.version = asked.value.version;
    if (asked.ok || !isConflict(asked.trouble)) return asked;
    return { ok: true, value: { refused: true }, doubt: asked.doubt };
  }
}

const none: Asked<null> = { ok: true, value: null, doubt: false };

function notOfferedOr(asked: Extract<Asked<unknown>, { ok: false }>): Asked<null> {
  return isNotOffered(asked.trouble) ? none : asked;
}

/** By the bucket's own setting; where that cannot be asked, by the ids in a list of versions. */
async function keepsVersions(
  sdk: typeof Sdk,
  requests: S3Requests,
  bucket: string,
  prefix: string,
): Promise<Asked<boolean>> {
  const setting = await requests.ask('probe', (abortSignal) =>
    requests.client.send(new sdk.GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal }),
  );
  if (setting.ok) return { ...setting, value: setting.value.Status === 'Enabled' };
  const listed = await requests.ask('probe', (abortSignal) =>
    requests.client.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }), {
      abortSignal,
    }),
  );
  if (listed.ok) return { ...listed, value: isVersion(listed.value.Versions?.[0]?.VersionId) };
  return listed.trouble.transient ? listed : { ok: true, value: false, doubt: false };
}

function isVersion(id: string | undefined): boolean {
  return id !== undefined && id !== '' && id !== 'null';
}
