import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CONVEYOR, groupObjects, isReady, type Folders, type StoredObject } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { planArchive, planSort, type Move, type Shelf } from './conveyor.ts';

const FOLDERS: Folders = { fresh: '666/', middle: '555/', front: '444/', archive: 'archive/' };

function shelfOf(keys: ReadonlySet<string>): Shelf {
  const objects: StoredObject[] = [...keys].sort().map((key) => ({ key, size: 1, etag: '' }));
  return {
    fresh: groupObjects(FOLDERS.fresh, objects),
    middle: groupObjects(FOLDERS.middle, objects),
    front: groupObjects(FOLDERS.front, objects),
  };
}

/** What the store holds after the moves; a target that is there already is kept, as `moveObjects` keeps an equal one. */
function after(keys: ReadonlySet<string>, moves: readonly Move[]): Set<string> {
  const now = new Set(keys);
  for (const { object, to } of moves) {
    expect(now.has(object.key), `${object.key} is there to be moved`).toBe(true);
    now.delete(object.key);
    now.add(to);
  }
  return now;
}

function readyIn(shelf: Shelf, place: (typeof CONVEYOR)[number]): string[] {
  return shelf[place].filter((group) => isReady(group, FOLDERS[place])).map(({ id }) => id);
}

const name = fc
  .tuple(
    fc.constantFrom('666/', '555/', '444/'),
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom('.json', '.png', '.mp4', '_x'),
  )
  .map(([folder, day, end]) => `${folder}2026010${day}-2030${end}`);
const group = fc
  .tuple(fc.constantFrom('666/', '555/', '444/'), fc.integer({ min: 1, max: 6 }))
  .map(([folder, day]) => ['.json', '.png', '.mp4'].map((end) => `${folder}2026010${day}-2030${end}`));
const anyKeys = fc
  .tuple(fc.array(name, { maxLength: 6 }), fc.array(group, { maxLength: 5 }))
  .map(([names, groups]) => new Set([...names, ...groups.flat()]));

test('D8 M11 after sorting nothing can move: no ready group stands behind an empty place', () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      const sorted = after(keys, planSort(shelfOf(keys), FOLDERS));
      const shelf = shelfOf(sorted);
      const [fresh, middle, front] = CONVEYOR.map((place) => readyIn(shelf, place));
      if (front?.length === 0) expect([fresh, middle]).toEqual([[], []]);
      if (middle?.length === 0) expect(fresh).toEqual([]);
      expect(planSort(shelf, FOLDERS)).toEqual([]);
    }),
  );
});

test('M11 S2 sorting loses nothing, splits no group, and heals the ones that were split', () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      const sorted = after(keys, planSort(shelfOf(keys), FOLDERS));
      const names = (all: ReadonlySet<string>): string[] =>
        [...new Set([...all].map((key) => key.slice(4)))].sort();
      expect(names(sorted)).toEqual(names(keys));
      for (const id of new Set([...sorted].map((key) => key.slice(4, 17)))) {
        const folders = new Set(
          [...sorted].filter((key) => key.slice(4, 17) === id).map((key) => key.slice(0, 4)),
        );
        expect(folders.size, id).toBe(1);
      }
    }),
  );
});

test('M11 sorting never moves backwards, and the oldest id goes first', () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      for (const { object, to } of planSort(shelfOf(keys), FOLDERS)) expect(to < object.key).toBe(true);
    }),
  );
  const both = new Set(
    ['2', '1'].flatMap((day) => ['.json', '.png', '.mp4'].map((end) => `666/2026010${day}-2030${end}`)),
  );
  expect(planSort(shelfOf(both), FOLDERS).at(0)?.id).toBe('20260101-2030');
});

test('M10 archiving takes every object of the marked ids, and nothing else', () => {
  fc.assert(
    fc.property(anyKeys, fc.subarray([1, 2, 3, 4, 5, 6]), (keys, days) => {
      const marked = days.map((day) => `2026010${day}-2030` as GenerationId);
      const left = after(keys, planArchive(shelfOf(keys), FOLDERS, marked));
      const isMarked = (key: string): boolean => marked.some((id) => key.includes(id));
      for (const key of left) expect(key.startsWith('archive/')).toBe(isMarked(key));
      for (const key of keys) expect(left.has(isMarked(key) ? `archive/${key.slice(4)}` : key)).toBe(true);
    }),
  );
});
