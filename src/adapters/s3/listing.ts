/** Listings page by page. A server that gives the same page again is an error and not an endless loop. */
import type * as Sdk from '@aws-sdk/client-s3';

import { sortKeys } from '../../domain/object-key.ts';
import type { ObjectInfo } from '../../ports/object-store.ts';
import { plainEtag } from './etag.ts';
import type { Asked, S3Requests } from './s3-client.ts';
import { BrokenAnswer } from './s3-errors.ts';

/** The most that any S3 server gives at once. */
const PAGE = 1_000;

interface Page {
  readonly found: readonly ObjectInfo[];
  readonly next: string | undefined;
}

/** Ends after the first page that failed. Keys are whole, with the bucket's prefix. */
export async function* listPages(
  sdk: typeof Sdk,
  requests: S3Requests,
  bucket: string,
  prefix: string,
): AsyncGenerator<Asked<readonly ObjectInfo[]>> {
  let token: string | undefined;
  let last: string | null = null;
  do {
    const before: string | null = last;
    const asked: Asked<Page> = await requests.ask('list', async (abortSignal) => {
      const output = await requests.client.send(
        new sdk.ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: PAGE,
          // XML cannot hold every character that another program may have put into a key.
          EncodingType: 'url',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        { abortSignal },
      );
      const page = readPage(output);
      const end = page.found.at(-1)?.key;
      const same = page.next !== undefined && (page.next === token || end === undefined);
      const back = before !== null && end !== undefined && sortKeys([before, end])[1] === before;
      if (same || back) throw new BrokenAnswer('the listing does not go on');
      return page;
    });
    if (!asked.ok) {
      yield asked;
      return;
    }
    yield { ...asked, value: asked.value.found };
    last = asked.value.found.at(-1)?.key ?? last;
    token = asked.value.next;
  } while (token !== undefined);
}

function readPage(output: Sdk.ListObjectsV2Output): Page {
  const decode = output.EncodingType === 'url' ? decoded : (key: string): string => key;
  const found = (output.Contents ?? []).map(({ Key, Size, ETag, LastModified }): ObjectInfo => {
    if (Key === undefined || Size === undefined || ETag === undefined || LastModified === undefined)
      throw new BrokenAnswer('the listing lacks a key, a size, an etag or a time');
    return { key: decode(Key), size: Size, etag: plainEtag(ETag), lastModified: LastModified };
  });
  if (output.IsTruncated !== true) return { found: inOrder(found), next: undefined };
  if (output.NextContinuationToken === undefined)
    throw new BrokenAnswer('the listing is cut and cannot go on');
  return { found: inOrder(found), next: output.NextContinuationToken };
}

/** In UTF-8's order, as the port promises; some servers sort by UTF-16. */
function inOrder(found: readonly ObjectInfo[]): readonly ObjectInfo[] {
  const byKey = new Map(found.map((info) => [info.key, info]));
  return sortKeys([...byKey.keys()]).flatMap((key) => byKey.get(key) ?? []);
}

function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
