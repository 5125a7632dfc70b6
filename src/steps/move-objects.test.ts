import { expect, test } from 'vitest';
import { movingParts, worldOf, type World } from '../../test/support/runtime-parts.ts';
import { wrappedStore } from '../../test/support/wrapped-store.ts';
import { failure, success } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { moveObjects, type PlannedMove } from './move-objects.ts';

const ID = '20260131-2030' as GenerationId;
const FROM = `666/${ID}.json`;
const TO = `555/${ID}.json`;

async function moveOf(world: World): Promise<PlannedMove> {
  const found = await world.store.head(FROM);
  if (!found.ok || found.value === null) throw new Error('nothing to move');
  return { id: ID, object: found.value, to: TO };
}

async function moved(world: World, store: ObjectStore = world.store) {
  return moveObjects(movingParts(world, store), [await moveOf(world)]);
}

test('M11 an object is copied, looked at, and only then deleted', async () => {
  const world = worldOf();
  await world.put(FROM, { a: 1 });
  const move = await moveOf(world);
  world.requests.length = 0;
  expect(await moveObjects(movingParts(world), [move])).toEqual(success(new Set([ID])));
  expect(world.requests).toEqual(['head', 'copy', 'head', 'delete']);
  expect(await world.keys()).toEqual([TO]);
});

test('M11 a copy that arrives short is not believed, and the original stays', async () => {
  const world = worldOf();
  await world.put(FROM, { a: 1 });
  const store = wrappedStore(world.store, {
    copy: async (_from, to) => {
      await world.put(to, '{');
      return world.store.head(to);
    },
  });
  expect(await moved(world, store)).toMatchObject({ ok: false, failure: { code: 'store_unavailable' } });
  expect(await world.json(FROM)).toEqual({ a: 1 });
});

test('M11 a copy whose answer was lost is settled by a look: it counts when it arrived, and not when it did not', async () => {
  for (const arrives of [true, false]) {
    const world = worldOf();
    await world.put(FROM, { a: 1 });
    const store = wrappedStore(world.store, {
      copy: async (from, to) => {
        if (arrives) await world.store.copy(from, to);
        return failure('store_unavailable', 'no answer', { key: to });
      },
    });
    expect((await moved(world, store)).ok).toBe(arrives);
    expect(await world.keys()).toEqual([arrives ? TO : FROM]);
  }
});

test('M11 a move that was killed after its copy is finished, one that was killed after its delete is done', async () => {
  const world = worldOf();
  await world.put(FROM, { a: 1 });
  const move = await moveOf(world);
  await world.store.copy(FROM, TO);
  expect((await moveObjects(movingParts(world), [move])).ok).toBe(true);
  expect(await world.keys()).toEqual([TO]);
  expect((await moveObjects(movingParts(world), [move])).ok).toBe(true);
  expect(await world.keys()).toEqual([TO]);
});

test('M10 I2 two texts of one size but different words are both kept', async () => {
  const world = worldOf();
  await world.put(FROM, { a: 1 });
  await world.put(TO, { a: 2 });
  expect(await moved(world)).toEqual(success(new Set()));
  expect(await world.json(FROM)).toEqual({ a: 1 });
  expect(await world.json(TO)).toEqual({ a: 2 });
  expect(world.warnings).toHaveLength(1);
});

test('M10 I2 two videos of one size, larger than any document, are both kept when their bytes differ, and united when not', async () => {
  for (const same of [false, true]) {
    const world = worldOf();
    const size = 5_000_000;
    await world.put(FROM, 'a'.repeat(size));
    await world.put(TO, `${'a'.repeat(size - 1)}${same ? 'a' : 'b'}`);
    expect(await moved(world)).toEqual(success(new Set(same ? [ID] : [])));
    expect((await world.keys()).toSorted()).toEqual(same ? [TO] : [TO, FROM]);
  }
});

test('M11 an object that cannot be deleted after its copy is a failure, and the next run finishes the move', async () => {
  const world = worldOf();
  await world.put(FROM, { a: 1 });
  const store = wrappedStore(world.store, {
    delete: async (key) => failure('store_denied', 'no right to delete', { key }),
  });
  expect(await moved(world, store)).toMatchObject({ ok: false, failure: { code: 'store_denied' } });
  expect(await world.keys()).toEqual([TO, FROM]);
  expect((await moved(world)).ok).toBe(true);
  expect(await world.keys()).toEqual([TO]);
});

test('M11 two notes of one name and size that say different things are both kept', async () => {
  const world = worldOf();
  const [from, to] = [`666/${ID}_note.txt`, `555/${ID}_note.txt`];
  await world.put(from, 'yes');
  await world.put(to, 'no!');
  const found = await world.store.head(from);
  if (!found.ok || found.value === null) throw new Error('nothing to move');
  const done = await moveObjects(movingParts(world), [{ id: ID, object: found.value, to }]);
  expect(done).toEqual(success(new Set()));
  expect((await world.keys()).toSorted()).toEqual([to, from]);
});
