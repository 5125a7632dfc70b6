import { describe, expect, test } from 'vitest';
import { KEYS, worldOf, type World } from '../../test/support/runtime-parts.ts';
import { wrappedStore } from '../../test/support/wrapped-store.ts';
import type { PublicDocument } from '../domain/channel-state.ts';
import { failure, success } from '../domain/failure.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { StateStore } from './state-store.ts';

function stateOf(world: World, store: ObjectStore = world.store): StateStore {
  return new StateStore(store, KEYS, world.clock);
}

describe('S1 reading', () => {
  test('S4 what does not exist is its documented default', async () => {
    const state = stateOf(worldOf());
    expect(await state.readPublic()).toMatchObject({
      ok: true,
      value: { value: { processing_lock: false, generation_id: null }, etag: null, lastModified: null },
    });
    expect(await state.readGeneration()).toMatchObject({
      ok: true,
      value: { value: { generation_id: null } },
    });
    expect(await state.readImage()).toMatchObject({
      ok: true,
      value: {
        value: { midjourney_task: null, midjourney_results: {}, generation: false, status: null },
        etag: null,
      },
    });
  });

  test('older spellings of "nothing" are understood', async () => {
    const world = worldOf();
    await world.put(KEYS.generation, { generation_id: '' });
    await world.put(KEYS.image, { midjourney_task: {}, midjourney_results: null, generation: null });
    expect(await stateOf(world).readGeneration()).toMatchObject({
      value: { value: { generation_id: null } },
    });
    expect(await stateOf(world).readImage()).toMatchObject({
      ok: true,
      value: { value: { generation: false } },
    });
  });

  test('a complaint quotes the key of the object and the place in it', async () => {
    const world = worldOf();
    await world.put(KEYS.image, { generation: 'true', midjourney_task: 5 });
    const read = await stateOf(world).readImage();
    expect(read).toMatchObject({ ok: false, failure: { code: 'state_damaged', where: { key: KEYS.image } } });
    expect(read.ok ? '' : read.failure.message).toMatch(/midjourney_task.*generation/s);
  });

  test('a document that is far too large is not read', async () => {
    const world = worldOf();
    await world.put(KEYS.public, `{"note":"${'x'.repeat(5_000_000)}"}`);
    expect((await stateOf(world).readPublic()).ok).toBe(false);
  });
});

describe('S1 I5 writing', () => {
  test('a write replaces only what was read: somebody else’s stays, and the caller is told', async () => {
    const world = worldOf();
    const state = stateOf(world);
    await world.put(KEYS.image, { generation: false });
    const read = await state.readImage();
    if (!read.ok) throw new Error('unreadable');
    await world.put(KEYS.image, { generation: false, note: 'by another tool' });
    const written = await state.writeImage(read.value, { ...read.value.value, generation: true });
    expect(written).toMatchObject({ ok: false, failure: { code: 'state_conflict' } });
    expect(await world.json(KEYS.image)).toEqual({ generation: false, note: 'by another tool' });
  });

  test('a document that appeared since it was read as missing is not overwritten', async () => {
    const world = worldOf();
    const state = stateOf(world);
    const read = await state.readGeneration();
    if (!read.ok) throw new Error('unreadable');
    await world.put(KEYS.generation, { generation_id: '20260101-2030' });
    const written = await state.writeGeneration(read.value, { generation_id: null });
    expect(written).toMatchObject({ ok: false, failure: { code: 'state_conflict' } });
    expect(await world.json(KEYS.generation)).toEqual({ generation_id: '20260101-2030' });
  });

  const lost = failure('store_unavailable', 'the answer was lost', {});

  test('a write whose answer was lost is looked up: when it landed, it is not repeated', async () => {
    const world = worldOf();
    let puts = 0;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        puts += 1;
        await world.store.put(key, source, options);
        return lost;
      },
    });
    const state = stateOf(world, store);
    const read = await state.readImage();
    if (!read.ok) throw new Error('unreadable');
    const written = await state.writeImage(read.value, { ...read.value.value, generation: true });
    expect(written.ok).toBe(true);
    expect(puts).toBe(1);
    // What comes back can be written on: its etag is that of the object.
    if (written.ok)
      expect((await stateOf(world).writeImage(written.value, written.value.value)).ok).toBe(true);
  });

  test('a write that did not land is repeated, within a bound', async () => {
    for (const failures of [2, 100]) {
      const world = worldOf();
      let puts = 0;
      const store = wrappedStore(world.store, {
        put: async (key, source, options) => {
          puts += 1;
          return puts <= failures ? lost : world.store.put(key, source, options);
        },
      });
      const state = stateOf(world, store);
      const read = await state.readImage();
      if (!read.ok) throw new Error('unreadable');
      const written = await state.writeImage(read.value, { ...read.value.value, generation: true });
      expect(written.ok).toBe(failures === 2);
      expect(puts).toBeLessThanOrEqual(4);
    }
  });

  test('a lost answer behind which somebody else’s write lies is a conflict, not a success', async () => {
    const world = worldOf();
    const store = wrappedStore(world.store, {
      put: async () => {
        await world.put(KEYS.image, { generation: false, note: 'by another tool' });
        return lost;
      },
    });
    const state = stateOf(world, store);
    const read = await state.readImage();
    if (!read.ok) throw new Error('unreadable');
    expect(await state.writeImage(read.value, { ...read.value.value, generation: true })).toMatchObject({
      ok: false,
      failure: { code: 'state_conflict' },
    });
  });
});

const STORES = [
  ['compares before it replaces', { conditionalWrites: true, versions: false }],
  ['keeps versions and cannot compare, like B2', { conditionalWrites: false, versions: true }],
  ['does both', { conditionalWrites: true, versions: true }],
] as const;
const WRITTEN_BETWEEN: readonly [string, (before: PublicDocument) => unknown][] = [
  ['a list', () => ['20260101-2030', '20260102-2030']],
  ['a single id', () => '20260102-2030'],
  ['a list with what is no id', () => ['20260101-2030', { draft: true }, '20260102-2030.json']],
];

describe.each(STORES)('M10 I2 on a store that %s', (_name, kind) => {
  test.each(WRITTEN_BETWEEN)(
    'what the publisher writes between our look and our write, as %s, is not lost',
    async (_form, ids) => {
      const world = worldOf(kind);
      await world.put(KEYS.public, {
        processing_lock: false,
        generation_id: ['20260101-2030'],
        note: 'kept',
      });
      let meddled = false;
      const publish = async (): Promise<void> => {
        if (meddled) return;
        meddled = true;
        const before = await world.json(KEYS.public);
        await world.put(KEYS.public, { ...before, generation_id: ids(before) });
      };
      const store = wrappedStore(world.store, {
        put: async (key, source, options) => {
          await publish();
          return world.store.put(key, source, options);
        },
      });
      const raised = await stateOf(world, store).updatePublic((document) =>
        success({ ...document, processing_lock: true }),
      );
      expect(raised.ok).toBe(true);
      const after = await world.json(KEYS.public);
      expect(after).toMatchObject({ processing_lock: true, note: 'kept' });
      const listed: unknown[] = Array.isArray(after.generation_id)
        ? after.generation_id
        : [after.generation_id];
      const names = listed.map((entry) => (typeof entry === 'string' ? entry.replace('.json', '') : entry));
      expect(names).toContain('20260102-2030');
      expect(new Set(names.map((name) => JSON.stringify(name))).size, 'none twice').toBe(names.length);
      if (_form.includes('no id')) expect(names).toContainEqual({ draft: true });
    },
  );
});

test('M10 what was struck off the list is not merged back from an older version', async () => {
  const world = worldOf({ conditionalWrites: false, versions: true });
  await world.put(KEYS.public, { generation_id: ['20260101-2030', '20260102-2030'] });
  await world.put(KEYS.public, { generation_id: ['20260101-2030', '20260102-2030'], note: 'again' });
  const state = stateOf(world);
  await state.updatePublic((document) => success({ ...document, generation_id: ['20260102-2030'] }));
  expect(await world.json(KEYS.public)).toMatchObject({ generation_id: ['20260102-2030'] });
});

test('S1 no change is no write, and a refusal of the caller neither', async () => {
  const world = worldOf();
  await world.put(KEYS.public, { processing_lock: true });
  world.requests.length = 0;
  const state = stateOf(world);
  expect((await state.updatePublic(() => success(null))).ok).toBe(true);
  expect(await state.updatePublic(() => failure('lease_lost', 'not yours', {}))).toMatchObject({
    ok: false,
    failure: { code: 'lease_lost' },
  });
  expect(world.requests).not.toContain('put');
});

test('S1 a refusal never rests on an old look: the document is read again first', async () => {
  const world = worldOf();
  const state = stateOf(world);
  await state.readPublic();
  await world.put(KEYS.public, { processing_lock: true, lock_owner: 'somebody' });
  const seen: unknown[] = [];
  await state.updatePublic((document) => {
    seen.push(document.processing_lock);
    return success(null);
  });
  expect(seen.at(-1)).toBe(true);
});
