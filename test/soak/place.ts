/**
 * Where a soak's channel is kept: a folder, or a bucket on an S3 server in a process of its own. The soak itself writes
 * there only as other people would: as the publisher, and as the time that passes.
 */
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { createFolderStore } from '../../src/adapters/folder/folder-store.ts';
import { createS3Store } from '../../src/adapters/s3/s3-store.ts';
import { collectList, type ObjectStore } from '../../src/ports/object-store.ts';
import { TICKET_FOLDER } from '../../src/runtime/ticket-lease.ts';
import { ownBucket, type OwnBucket } from '../conformance/own-bucket.ts';
import { startS3 } from '../conformance/s3-process.ts';
import { valueOf } from '../support/mill.ts';

export type StoreKind = 'folder' | 's3';

export interface Place {
  readonly kind: StoreKind;
  readonly store: ObjectStore;
  /** The environment under which a process works here. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where each write passes by, for somebody who wants to see it; null where nobody can. */
  readonly writes: string | null;
  /** Makes every lease ticket look as if an hour had passed since; only while no process lives. */
  age(): Promise<void>;
  /** `keep`: for somebody who wants to look at it, where that is possible. */
  close(keep: boolean): Promise<void>;
}

const HOUR = 3_600;
/** The shortest that a configuration may have. */
export const LEASE = { lease_seconds: 361, clock_bound_seconds: 1 };
/** And a moment to be sure. */
export const EXPIRY_MILLISECONDS = (LEASE.lease_seconds + LEASE.clock_bound_seconds) * 1000 + 1_500;

type Credentials = Pick<OwnBucket, 'accessKeyId' | 'bucket' | 'endpoint' | 'secretAccessKey'>;

export function openPlace(kind: StoreKind): Promise<Place> {
  if (kind === 'folder') return openFolder();
  const own = ownBucket();
  return own === null ? openBucket() : openOwnBucket(own);
}

/** An empty bucket on a server whose clock nobody moves: there a lease has to expire by itself. */
async function openOwnBucket(own: OwnBucket): Promise<Place> {
  const store = await createS3Store({ ...own, redact: String });
  if (valueOf(await collectList(store, '')).length > 0)
    throw new Error('a soak needs an empty bucket of its own');
  return {
    kind: 's3',
    store,
    variables: variablesOf(own),
    writes: null,
    age: () => setTimeout(EXPIRY_MILLISECONDS),
    close: async () => {},
  };
}

function variablesOf({ accessKeyId, bucket, endpoint, secretAccessKey }: Credentials): Place['variables'] {
  return {
    B2_ENDPOINT: endpoint,
    B2_ACCESS_KEY: accessKeyId,
    B2_SECRET_KEY: secretAccessKey,
    B2_BUCKET_NAME: bucket,
  };
}

async function openFolder(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'reelmill-soak-store-'));
  const tickets = join(root, TICKET_FOLDER);
  return {
    kind: 'folder',
    store: createFolderStore(root),
    variables: { REELMILL_STORE: `folder:${root}` },
    writes: join(root, '.reelmill', 'temporary'),
    async age() {
      const past = new Date(Date.now() - HOUR * 1000);
      for (const name of await readdir(tickets).catch(() => []))
        await utimes(join(tickets, name), past, past);
    },
    close: (keep) => (keep ? Promise.resolve() : rm(root, { recursive: true, force: true })),
  };
}

async function openBucket(): Promise<Place> {
  const server = await startS3('fauxqs');
  const store = await createS3Store(server.options);
  return {
    kind: 's3',
    store,
    variables: variablesOf(server.options),
    writes: null,
    /** The server dates objects by itself, so the tickets are put again under a clock that is set back. */
    async age() {
      await server.advance(-HOUR);
      for (const { key } of valueOf(await collectList(store, TICKET_FOLDER))) {
        if (!key.endsWith('.json')) continue;
        const ticket = valueOf(await store.get(key, 10_000));
        const bytes = ticket?.body ?? new Uint8Array();
        valueOf(await store.put(key, { bytes }, { contentType: 'application/json' }));
      }
      await server.advance(HOUR);
    },
    close: () => server.close(),
  };
}
