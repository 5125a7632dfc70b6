/**
 * The publisher against real S3 requests: it reads `config_public.json` before one request of ours and writes it before a
 * later one, at every pair of moments. The simulation goes much further, on a store of its own.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { createS3Store, type S3Options } from '../../src/adapters/s3/s3-store.ts';
import { publishedIds, type PublicDocument } from '../../src/domain/channel-state.ts';
import { success, type Result } from '../../src/domain/failure.ts';
import type { ObjectStore, StoreCapabilities } from '../../src/ports/object-store.ts';
import { StateStore } from '../../src/runtime/state-store.ts';
import { KEYS } from '../support/runtime-parts.ts';
import { wrappedStore } from '../support/wrapped-store.ts';
import { value } from './object-store-suite.ts';
import { ownBucket } from './own-bucket.ts';
import { startGatedS3 } from './s3-gate.ts';

const OLD = '20260225-2030';
const MARKED = '20260226-2030';
/** A server of your own may take its time with versions. */
const PATIENCE = 300_000;
const PLAIN = { contentType: 'application/json' };

interface Server {
  readonly options: S3Options;
  close(): Promise<void>;
}

/** `forgetful`: it writes back its own key and no other. */
function publishedOver(
  name: string,
  expected: StoreCapabilities,
  open: () => Promise<Server>,
  forgetful: boolean,
): void {
  describe(`${name}, a publisher that ${forgetful ? 'keeps only its own key' : 'keeps every key'}`, () => {
    let server: Server;
    let store: ObjectStore;
    beforeAll(async () => {
      server = await open();
      store = await createS3Store(server.options);
      expect(value(await store.capabilities())).toEqual(expected);
    });
    afterAll(() => server.close());

    test(
      'I2 M10 what it marks is not lost, whenever it reads and writes',
      { timeout: PATIENCE },
      async () => {
        const last = await momentsOf(store, 'quiet.json');
        expect(last).toBeGreaterThan(5);
        const lost: string[] = [];
        for (let read = 1; read <= last; read += 1)
          for (let write = read; write <= last; write += 1) {
            const key = `${forgetful}-${read}-${write}.json`;
            await live(store, key, publisherOf(store, key, read, write, forgetful));
            // As the next process finds it.
            const found = value(await stateOf(store, key).readPublished());
            if (!publishedIds(found).ids.some((id) => id === MARKED)) lost.push(key);
          }
        expect(lost).toEqual([]);
      },
    );
  });
}

/** A run's dealings with the document: it takes the lock, strikes off what it archived, and gives the lock back. */
async function live(store: ObjectStore, key: string, before: () => Promise<void>): Promise<void> {
  await write(store, key, { generation_id: [OLD], processing_lock: false, note: 'kept' });
  const state = stateOf(
    wrappedStore(store, {
      get: async (...given) => before().then(() => store.get(...given)),
      put: async (...given) => before().then(() => store.put(...given)),
      versions: async (...given) => before().then(() => store.versions(...given)),
    }),
    key,
  );
  const update = async (change: (document: PublicDocument) => Partial<PublicDocument>): Promise<void> => {
    value(await state.updatePublic((document) => success({ ...document, ...change(document) })));
  };
  await update(() => ({ processing_lock: true }));
  value(await state.readPublished());
  await update((document) => ({ generation_id: publishedIds(document).ids.filter((id) => id !== OLD) }));
  await update(() => ({ processing_lock: false }));
  // It may as well come when the run is over.
  await before();
}

async function momentsOf(store: ObjectStore, key: string): Promise<number> {
  let count = 0;
  await live(store, key, async () => {
    count += 1;
  });
  return count;
}

function publisherOf(
  store: ObjectStore,
  key: string,
  read: number,
  written: number,
  forgetful: boolean,
): () => Promise<void> {
  let moment = 0;
  let seen: Record<string, unknown> = {};
  return async () => {
    moment += 1;
    if (moment === read) {
      const found = value(await store.get(key, 100_000));
      const { generation_id, ...others } = JSON.parse(new TextDecoder().decode(found?.body));
      seen = forgetful ? { generation_id } : { generation_id, ...others };
    }
    if (moment !== written) return;
    const listed = [seen['generation_id'] ?? []].flat();
    await write(store, key, { ...seen, generation_id: [...listed, MARKED] });
  };
}

function stateOf(store: ObjectStore, key: string): StateStore {
  return new StateStore(store, { ...KEYS, public: key }, createSystemClock());
}

async function write(store: ObjectStore, key: string, document: object): Promise<void> {
  const put: Result<unknown> = await store.put(key, { bytes: Buffer.from(JSON.stringify(document)) }, PLAIN);
  value(put);
}

const COMPARES = { conditionalWrites: true, versions: false };
for (const forgetful of [false, true]) {
  publishedOver('compares', COMPARES, () => startGatedS3('compares'), forgetful);
  publishedOver(
    'like B2',
    { conditionalWrites: false, versions: true },
    () => startGatedS3('like B2'),
    forgetful,
  );
  const own = ownBucket();
  if (own !== null)
    publishedOver(
      `bucket ${own.bucket}`,
      own.expected,
      async () => ({
        options: { ...own, redact: String, prefix: `reelmill-test-${Date.now().toString(36)}/` },
        close: async () => {},
      }),
      forgetful,
    );
}
