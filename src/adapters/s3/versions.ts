/** The bodies that a key had, from a bucket that keeps them: how a change that we overwrote is found again on B2. */
import type * as Sdk from '@aws-sdk/client-s3';

import type { StoredBody } from '../../ports/object-store.ts';
import { readBody } from './bodies.ts';
import { plainEtag } from './etag.ts';
import type { Asked, S3Requests } from './s3-client.ts';
import { BrokenAnswer, isMissingObject } from './s3-errors.ts';

/** Only documents are looked up this way; a larger version is passed over, since no document is. */
const MOST_BYTES = 16 * 1024 * 1024;
const PAGE = 1_000;
/** A document with more versions than this since the last run needs a lifecycle rule, not a longer walk. */
const MOST_PAGES = 20;

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

interface Found {
  readonly id: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
}

interface Page {
  readonly found: readonly Found[];
  readonly next: Pick<Sdk.ListObjectVersionsRequest, 'KeyMarker' | 'VersionIdMarker'> | null;
}

/** Newest first, until and without `sinceEtag`, at most `limit`. `key` in the answer is the whole key. */
export async function readVersions(
  sdk: typeof Sdk,
  requests: S3Requests,
  place: Place,
  sinceEtag: string | null,
  limit: number,
): Promise<Asked<readonly StoredBody[]>> {
  const listed = await listVersions(sdk, requests, place, sinceEtag, limit);
  if (!listed.ok) return listed;
  const bodies: StoredBody[] = [];
  for (const version of listed.value) {
    if (version.size > MOST_BYTES) continue;
    const asked = await requests.ask('versions', async (signal, progress) => {
      const { Body, ContentLength } = await requests.client.send(
        new sdk.GetObjectCommand({ ...place, VersionId: version.id }),
        { abortSignal: signal },
      );
      return readBody({ body: Body, announced: ContentLength, maxBytes: MOST_BYTES, progress, signal });
    });
    // A lifecycle rule may remove it between the listing and here.
    if (!asked.ok && isMissingObject(asked.trouble)) continue;
    if (!asked.ok) return asked;
    const { size, etag, lastModified } = version;
    bodies.push({ key: place.Key, size, etag, lastModified, body: asked.value });
  }
  return { ok: true, value: bodies, doubt: false };
}

async function listVersions(
  sdk: typeof Sdk,
  requests: S3Requests,
  place: Place,
  sinceEtag: string | null,
  limit: number,
): Promise<Asked<readonly Found[]>> {
  const all: Found[] = [];
  let marker: Page['next'] = {};
  for (let pages = 0; marker !== null && pages < MOST_PAGES; pages += 1) {
    const from: Page['next'] = marker;
    const asked: Asked<Page> = await requests.ask('versions', async (abortSignal): Promise<Page> => {
      const { Bucket, Key } = place;
      const command: Sdk.ListObjectVersionsCommand = new sdk.ListObjectVersionsCommand({
        Bucket,
        Prefix: Key,
        MaxKeys: Math.min(PAGE, limit + 1),
        ...from,
      });
      return readPage(await requests.client.send(command, { abortSignal }), Key);
    });
    if (!asked.ok) return asked;
    for (const version of asked.value.found) {
      if (version.etag === sinceEtag || all.length >= limit) return { ok: true, value: all, doubt: false };
      all.push(version);
    }
    marker = asked.value.next;
  }
  return { ok: true, value: all, doubt: false };
}

function readPage(output: Sdk.ListObjectVersionsOutput, key: string): Page {
  const versions = output.Versions ?? [];
  const found = versions
    .filter((version) => version.Key === key)
    .map(({ VersionId: id, Size: size, ETag: etag, LastModified: lastModified }): Found => {
      if (id === undefined || size === undefined || etag === undefined || lastModified === undefined)
        throw new BrokenAnswer('the list of versions lacks an id, a size, an etag or a time');
      return { id, size, etag: plainEtag(etag), lastModified };
    });
  const { IsTruncated: cut, NextKeyMarker: nextKey, NextVersionIdMarker: nextVersion } = output;
  // The key itself comes before all others that start with it.
  if (cut !== true || nextKey === undefined || nextKey > key) return { found, next: null };
  return {
    found,
    next: { KeyMarker: nextKey, ...(nextVersion === undefined ? {} : { VersionIdMarker: nextVersion }) },
  };
}
