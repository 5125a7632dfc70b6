import { expect, test } from 'vitest';
import type { GenerationId } from './generation-id.ts';
import { groupObjects, idOfName, isReady, partKey, type StoredObject } from './group.ts';

const ID = '20260131-2030' as GenerationId;

function object(key: string, size = 1): StoredObject {
  return { key, size, etag: '' };
}

test('S2 a group is ready when text, picture and video are there, and none of them is empty', () => {
  const whole = ['json', 'png', 'mp4'].map((part) => object(`666/${ID}.${part}`));
  const ready = (objects: StoredObject[]): boolean => isReady({ id: ID, objects }, '666/');
  expect(ready(whole)).toBe(true);
  for (const missing of whole) expect(ready(whole.filter((part) => part !== missing))).toBe(false);
  expect(ready([...whole.slice(0, 2), object(`666/${ID}.mp4`, 0)])).toBe(false);
  expect(isReady({ id: ID, objects: whole }, '555/')).toBe(false);
  expect(partKey('666/', ID, 'mp4')).toBe(`666/${ID}.mp4`);
});

test('S2 `<id>.*` and `<id>_*` belong to an id, and nothing else does', () => {
  expect(idOfName(`${ID}.json`)).toBe(ID);
  expect(idOfName(`${ID}_notes.txt`)).toBe(ID);
  for (const name of [
    ID,
    `${ID}5.json`,
    `${ID}-a.json`,
    `a${ID}.json`,
    `${ID}.d/a.json`,
    '.bzEmpty',
    '20260230-2030.json',
  ])
    expect(idOfName(name), name).toBeNull();
});

test('S2 a folder’s listing falls into groups, oldest first; what lies deeper or elsewhere is left out', () => {
  const groups = groupObjects('666/', [
    object('666/20260202-2030.json'),
    object(`666/${ID}.png`),
    object('666/readme.txt'),
    object(`666/old/${ID}.png`),
    object(`6666/${ID}.png`),
    object(`666/${ID}_x`),
  ]);
  expect(groups.map(({ id, objects }) => [id, objects.map(({ key }) => key)])).toEqual([
    [ID, [`666/${ID}.png`, `666/${ID}_x`]],
    ['20260202-2030', ['666/20260202-2030.json']],
  ]);
});
