/**
 * What a bucket can really do. Some servers take the headers of a conditional write and ignore them; believing them would
 * let two runs overwrite each other. So a write that must be refused is tried, and only a refusal counts.
 */
import type * as Sdk from '@aws-sdk/client-s3';

import type { StoreCapabilities } from '../../ports/object-store.ts';
import type { Asked, S3Requests } from './s3-client.ts';
import { isConflict, isNotOffered } from './s3-errors.ts';

const PROBE_KEY = 'locks/.probe';
const BODY = new TextEncoder().encode(
  'Reelmill tests here whether this store refuses a conflicting write.\n',
);
/** No object has it: servers give digests. */
const NO_ETAG = '"00000000000000000000000000000000"';

/** `version`: the id that the store gave to what was written, if it keeps versions. */
type Written = { readonly refused: true } | { readonly refused: false; readonly version: string | undefined };

/**
 * Two or three requests; two on a store without conditional writes. Leaves one small object, `locks/.probe`.
 * Failures: the key may not write, or nothing answers.
 */
export async function probeCapabilities(
  sdk: typeof Sdk,
  requests: S3Requests,
  bucket: string,
  prefix: string,
): Promise<Asked<StoreCapabilities>> {
  const place = { Bucket: bucket, Key: prefix + PROBE_KEY };
  const put = (condition: {
    readonly IfNoneMatch?: string;
    readonly IfMatch?: string;
  }): Promise<Asked<Written>> =>
    refusedOr(
      requests.ask('probe', async (abortSignal): Promise<Written> => {
        const command = new sdk.PutObjectCommand({
          ...place,
          Body: BODY,
          ContentType: 'text/plain',
          ...condition,
        });
        const { VersionId: version } = await requests.client.send(command, { abortSignal });
        return { refused: false, version };
      }),
    );
  // The first one makes the object where there is none yet, which proves nothing.
  let created = await put({ IfNoneMatch: '*' });
  let version = created.ok && !created.value.refused ? created.value.version : undefined;
  if (created.ok && !created.value.refused) created = await put({ IfNoneMatch: '*' });
  if (!created.ok && !isNotOffered(created.trouble)) return created;
  let conditionalWrites = created.ok && created.value.refused;
  if (conditionalWrites) {
    const replaced = await put({ IfMatch: NO_ETAG });
    if (!replaced.ok && !isNotOffered(replaced.trouble)) return replaced;
    conditionalWrites = replaced.ok && replaced.value.refused;
    if (replaced.ok && !replaced.value.refused) version ??= replaced.value.version;
  }
  if (isVersion(version)) return { ok: true, value: { conditionalWrites, versions: true }, doubt: false };
  const versions = await keepsVersions(sdk, requests, bucket, prefix);
  return versions.ok ? { ...versions, value: { conditionalWrites, versions: versions.value } } : versions;
}

async function refusedOr(asking: Promise<Asked<Written>>): Promise<Asked<Written>> {
  const asked = await asking;
  if (asked.ok || !isConflict(asked.trouble)) return asked;
  return { ok: true, value: { refused: true }, doubt: asked.doubt };
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
