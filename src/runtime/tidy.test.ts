import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf } from '../../test/support/channel-samples.ts';
import { valueOf } from '../../test/support/mill.ts';
import { FOLDERS, KEYS, movingParts, worldOf, type World } from '../../test/support/runtime-parts.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { StateStore } from './state-store.ts';
import { foreseeSurvey, readShelf, tidy, type TidyReport } from './tidy.ts';

const ONE = '20260101-2030' as GenerationId;
const TWO = '20260102-2030' as GenerationId;
const ACTIVE = '20260131-2030' as GenerationId;

async function putGroup(
  world: World,
  folder: string,
  id: string,
  parts = ['json', 'png', 'mp4'],
): Promise<void> {
  for (const part of parts) await world.put(`${folder}${id}.${part}`, `${part} of ${id}`);
}

async function tidied(
  world: World,
  active: GenerationId | null,
  beforeEffects: () => Promise<Result<void>> = async () => success(undefined),
): Promise<Result<TidyReport>> {
  const state = new StateStore(world.store, KEYS, world.clock);
  return tidy(
    {
      ...movingParts(world),
      state,
      folders: FOLDERS,
      held: null,
      publishedSeen: false,
      beforeEffects,
    },
    active,
  );
}

const SURVEYS: readonly [string, (world: World) => Promise<void>, string][] = [
  ['nothing of it', async () => {}, 'absent'],
  ['its picture without its text', (world) => putGroup(world, '666/', ACTIVE, ['png']), 'absent'],
  ['its text', (world) => putGroup(world, '666/', ACTIVE, ['json']), 'content'],
  ['text and picture', (world) => putGroup(world, '666/', ACTIVE, ['json', 'png']), 'content'],
  ['all of it', (world) => putGroup(world, '666/', ACTIVE), 'ready'],
  ['all of it, further on', (world) => putGroup(world, '555/', ACTIVE), 'ready'],
  ['all of it, archived', (world) => putGroup(world, 'archive/', ACTIVE), 'ready'],
];

test.each(SURVEYS)('M8 D6 of the active post there is %s', async (_name, prepare, activePost) => {
  const world = worldOf();
  await prepare(world);
  expect(await tidied(world, ACTIVE)).toMatchObject({ ok: true, value: { survey: { activePost } } });
});

/** As `status` and a dry run foretell it, and as the run then finds it. */
async function surveys(world: World, marked: readonly string[], active: GenerationId | null) {
  await world.put(KEYS.public, { generation_id: marked });
  const shelf = valueOf(await readShelf(world.store, FOLDERS));
  const ids = marked.map((id) => idOf(id));
  const foreseen = valueOf(await foreseeSurvey({ folders: FOLDERS, store: world.store }, shelf, ids, active));
  return [foreseen, valueOf(await tidied(world, active)).survey];
}

test('M10 D6 a post in the making whose move broke off, and that the publisher has marked, is foreseen in its place', async () => {
  const world = worldOf();
  await putGroup(world, '666/', ONE);
  await putGroup(world, '666/', ACTIVE, ['json']);
  await putGroup(world, '555/', ACTIVE, ['png', 'mp4']);
  await putGroup(world, '444/', TWO);
  // Brought together it keeps 555 from the other one, and is ready.
  const expected = { readyInFresh: true, activePost: 'ready' };
  expect(await surveys(world, [ACTIVE], ACTIVE)).toEqual([expected, expected]);
});

test('M8 M10 M11 D8 whatever lies where and is marked: what is foreseen of tidying is what it then finds', async () => {
  const ids = [ONE, TWO, ACTIVE];
  const folder = fc.constantFrom('', '666/', '555/', '444/', 'archive/');
  const places = fc.array(folder, { minLength: 9, maxLength: 9 });
  const active = fc.constantFrom(null, ACTIVE);
  await fc.assert(
    fc.asyncProperty(places, fc.subarray(ids), active, async (where, marked, named) => {
      const world = worldOf();
      const parts = ids.flatMap((id) => ['json', 'png', 'mp4'].map((part) => `${id}.${part}`));
      for (const [index, part] of parts.entries())
        if (where[index]) await world.put(`${where[index]}${part}`, part);
      const [foreseen, found] = await surveys(world, marked, named);
      expect(foreseen).toEqual(found);
    }),
    { numRuns: 300 },
  );
});

test('M8 readyInFresh speaks of what is left after sorting', async () => {
  const world = worldOf();
  await putGroup(world, '666/', ONE);
  expect(await tidied(world, null)).toMatchObject({ value: { survey: { readyInFresh: false }, sorted: 6 } });
  await putGroup(world, '555/', TWO);
  await putGroup(world, '666/', ACTIVE);
  expect(await tidied(world, null)).toMatchObject({ value: { survey: { readyInFresh: true }, sorted: 0 } });
});

test('D2 M2 the lock is raised before the first move, and not for a look that moves nothing', async () => {
  const world = worldOf();
  await putGroup(world, '444/', ONE);
  const raised: string[][] = [];
  const raise = async (): Promise<Result<void>> => {
    raised.push(await world.keys());
    return success(undefined);
  };
  await tidied(world, null, raise);
  expect(raised).toEqual([]);
  await putGroup(world, '666/', TWO);
  const before = await world.keys();
  await tidied(world, null, raise);
  expect(raised[0]).toEqual(before);
});

test('I1 without the lock nothing moves and nothing is struck off the list', async () => {
  const world = worldOf();
  await putGroup(world, '444/', ONE);
  await putGroup(world, '666/', TWO);
  await world.put(KEYS.public, { generation_id: [ONE] });
  const before = await world.keys();
  const refused = await tidied(world, null, async () => failure('lease_lost', 'another run', {}));
  expect(refused).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
  expect(await world.keys()).toEqual(before);
  expect(await world.json(KEYS.public)).toEqual({ generation_id: [ONE] });
});

test('M10 I6 a list of hundreds of ids that lie nowhere costs a bounded number of requests', async () => {
  const world = worldOf();
  const marked = Array.from(
    { length: 300 },
    (_, index) =>
      `202512${String(1 + (index % 28)).padStart(2, '0')}-${String(1000 + Math.floor(index / 28))}`,
  );
  await world.put(KEYS.public, { generation_id: marked });
  world.requests.length = 0;
  expect((await tidied(world, null)).ok).toBe(true);
  expect(world.requests.length).toBeLessThan(70);
  expect((await world.json(KEYS.public)).generation_id).toEqual(marked);
});

test('M10 what was archived leaves the list even behind a hundred ids that lie nowhere, also a run later', async () => {
  for (const when of ['now', 'by an earlier run'] as const) {
    const world = worldOf();
    const nowhere = Array.from(
      { length: 100 },
      (_, index) => `20251201-${1000 + (index % 60) + Math.floor(index / 60) * 100}`,
    );
    await putGroup(world, when === 'now' ? '444/' : 'archive/', ONE);
    await world.put(KEYS.public, { generation_id: [...nowhere, ONE] });
    expect(await tidied(world, null)).toMatchObject({
      ok: true,
      value: { archived: [ONE], marked: nowhere },
    });
    expect((await world.json(KEYS.public)).generation_id).toEqual(nowhere);
  }
});

test('M10 S2 one id in two folders is archived once, whole, and neither copy stays behind', async () => {
  const world = worldOf();
  await putGroup(world, '555/', ONE);
  await putGroup(world, '444/', ONE, ['json', 'png']);
  await world.put(KEYS.public, { generation_id: [ONE] });
  expect(await tidied(world, null)).toMatchObject({ ok: true, value: { archived: [ONE] } });
  expect(await world.keys()).toEqual([
    `archive/${ONE}.json`,
    `archive/${ONE}.mp4`,
    `archive/${ONE}.png`,
    KEYS.public,
  ]);
});
