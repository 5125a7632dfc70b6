/** P7: what lies in the store is what was meant, whatever became of the answers to uploads. */
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import { FIRST_ID, Mill } from '../support/mill.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

test.each(['png', 'mp4'])(
  'P7 an older %s of the same size is not taken for an upload whose answer was lost',
  async (part) => {
    const key = `666/${FIRST_ID}.${part}`;
    let tries = 0;
    await using mill = await Mill.start({
      sandbox: { imageSeconds: 0, videoSeconds: 0 },
      throughStore: (store) =>
        wrappedStore(store, {
          async put(name, source, options) {
            if (name !== key || !('file' in source)) return store.put(name, source, options);
            tries += 1;
            if (tries > 1) return store.put(name, source, options);
            const older = new Uint8Array((await stat(source.file)).size);
            await store.put(name, { bytes: older }, options);
            return failure('store_unavailable', 'the answer was lost', { key: name }, { effect: 'unknown' });
          },
        }),
    });
    expect(await mill.run({ zeroDelay: true })).toMatchObject({ stop: 'task-done', id: FIRST_ID });
    expect(tries).toBe(2);
    expect((await mill.bytes(key)).some((byte) => byte !== 0)).toBe(true);
  },
);

test.each(['png', 'mp4'])(
  'P7 a %s that lies cut in the store, though its upload was answered, keeps the post open',
  async (part) => {
    const key = `666/${FIRST_ID}.${part}`;
    let cut = true;
    await using mill = await Mill.start({
      sandbox: { imageSeconds: 0, videoSeconds: 0 },
      throughStore: (store) =>
        wrappedStore(store, {
          async put(name, source, options) {
            if (name !== key || !('file' in source) || !cut) return store.put(name, source, options);
            const size = (await stat(source.file)).size;
            return store.put(name, { bytes: new Uint8Array(Math.floor(size / 2)) }, options);
          },
        }),
    });
    const first = await mill.run({ zeroDelay: true });
    expect(first).toMatchObject({ stop: 'failed', failure: { code: 'store_unavailable', where: { key } } });
    expect((await mill.state()).generation.generation_id).toBe(FIRST_ID);
    cut = false;
    expect(await mill.run({ zeroDelay: true })).toMatchObject({ stop: 'task-done', id: FIRST_ID });
    expect(mill.paid()).toMatchObject({ image: 1, video: 1 });
  },
);
