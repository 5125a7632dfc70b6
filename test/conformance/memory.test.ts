import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { createMemoryStore } from '../../src/adapters/memory/memory-store.ts';
import { collectList } from '../../src/ports/object-store.ts';
import { objectStoreSuite, text, value, type OpenBucket } from './object-store-suite.ts';

const PLAIN = { contentType: 'text/plain' };

for (const conditionalWrites of [true, false])
  for (const versions of [true, false])
    objectStoreSuite(`memory (conditional writes: ${conditionalWrites}, versions: ${versions})`, {
      expected: { conditionalWrites, versions },
      streams: false,
      etagPerWrite: true,
      async open(): Promise<OpenBucket> {
        const store = createMemoryStore({ conditionalWrites, versions });
        return { store, other: store, close: async () => {} };
      },
    });

test('every write has a new etag even when the body is the same, and time goes back only with a clock set right', async () => {
  let time = 5_000;
  const store = createMemoryStore({ now: () => new Date(time) });
  const first = value(await store.put('a', text('same'), PLAIN));
  time = 3_000;
  const second = value(await store.put('a', text('same'), PLAIN));
  expect(second.etag).not.toBe(first.etag);
  expect(second.lastModified).toEqual(new Date(5_000));
  time = 1_000_000_000;
  await store.put('a', text('same'), PLAIN);
  time = 6_000;
  expect(value(await store.put('a', text('same'), PLAIN)).lastModified).toEqual(new Date(6_000));
});

test('requests are counted, those of a listing by the page', async () => {
  const asked: string[] = [];
  const store = createMemoryStore({ pageSize: 2, onRequest: (operation) => asked.push(operation) });
  for (const key of ['a', 'b', 'c']) await store.put(key, text(key), PLAIN);
  await store.get('a', 10);
  await collectList(store, '');
  await store.delete('a');
  await store.get('../bad', 10);
  expect(asked).toEqual(['put', 'put', 'put', 'get', 'list', 'list', 'delete']);
});

test('a simulation’s own files are used instead of the disk', async () => {
  const files = new Map<string, Uint8Array>([['in', new Uint8Array([1, 2])]]);
  const store = createMemoryStore({
    readFile: async (file) => files.get(file) ?? Promise.reject(new Error('no such file')),
    writeFile: async (file, body) => void files.set(file, body),
  });
  value(await store.put('a', { file: 'in' }, PLAIN));
  value(await store.getFile('a', 'out', 10));
  expect(files.get('out')).toEqual(new Uint8Array([1, 2]));
  const empty = await mkdtemp(path.join(tmpdir(), 'reelmill-memory-'));
  expect(await store.put('b', { file: path.join(empty, 'none') }, PLAIN)).toMatchObject({ ok: false });
  await rm(empty, { recursive: true });
});
