/** Archive and conveyor: what the publisher marked leaves, what is ready moves up, and ids never meet. */
import { expect, test } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import { AT_REST, FIRST_ID, GENERATION, Mill, PUBLIC, type Json } from '../support/mill.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

const ONE = '20260101-2030';
const TWO = '20260102-2030';
const THREE = '20260103-2030';
const FOUR = '20260104-2030';

/** Folder and id of every group, in the order of the folders. */
async function shelf(mill: Mill): Promise<string[]> {
  const keys = await mill.objects();
  const groups = keys.filter((key) => /^(444|555|666|archive)\//.test(key)).map((key) => key.split('.')[0]);
  return [...new Set(groups)] as string[];
}

/** A run that only tidies: a ready group stays in 666, so that nothing is begun. */
async function fullMill(options: Parameters<typeof Mill.start>[0] = {}): Promise<Mill> {
  const mill = await Mill.start(options);
  await mill.putGroup('444/', ONE);
  await mill.putGroup('555/', TWO);
  await mill.putGroup('666/', THREE);
  await mill.putGroup('666/', FOUR);
  return mill;
}

const LIST_FORMS: readonly [name: string, marked: Json, archived: readonly string[], left: Json][] = [
  ['a list of ids', [ONE, TWO], [ONE, TWO], []],
  ['a single id', ONE, [ONE], []],
  ['a single id with .json', `${ONE}.json`, [ONE], []],
  ['a list with and without .json, and one id twice', [`${ONE}.json`, TWO, ONE], [ONE, TWO], []],
  ['nothing', null, [], null],
  ['an empty list', [], [], []],
];

test.each(LIST_FORMS)('M10 the publisher marks ids as %s', async (_name, marked, archived, left) => {
  await using mill = await fullMill();
  await mill.put(PUBLIC, { processing_lock: false, generation_id: marked });
  await mill.run();
  const there = await mill.objects('archive/');
  expect(there).toEqual(
    archived.flatMap((id) => ['json', 'mp4', 'png'].map((part) => `archive/${id}.${part}`)),
  );
  expect((await mill.json(PUBLIC)).generation_id).toEqual(left);
  for (const id of archived) expect((await mill.objects()).filter((key) => key.includes(id))).toHaveLength(3);
});

test('M10 every object of an id goes with it, from whichever folder, and its bytes arrive whole', async () => {
  await using mill = await fullMill();
  await mill.put(`444/${ONE}.webp`, 'a preview');
  await mill.put(`444/${ONE}_notes.txt`, 'notes');
  await mill.put(`444/${ONE}5.json`, 'another name that only begins alike');
  await mill.put(PUBLIC, { generation_id: [ONE, THREE] });
  await mill.run();
  expect(await mill.objects('archive/')).toEqual([
    `archive/${ONE}.json`,
    `archive/${ONE}.mp4`,
    `archive/${ONE}.png`,
    `archive/${ONE}.webp`,
    `archive/${ONE}_notes.txt`,
    `archive/${THREE}.json`,
    `archive/${THREE}.mp4`,
    `archive/${THREE}.png`,
  ]);
  expect(await mill.text(`archive/${ONE}.mp4`)).toBe(`mp4 of ${ONE}`);
  expect(await mill.objects('444/')).toContain(`444/${ONE}5.json`);
});

test('M10 what is no id stays in the list and is reported, and harms nobody', async () => {
  await using mill = await fullMill();
  const strange = ['../../secret', 'draft', 7, { id: TWO }, '20260230-2030', ''];
  await mill.put(PUBLIC, { generation_id: [...strange, ONE] });
  await mill.run();
  expect((await mill.json(PUBLIC)).generation_id).toEqual(strange);
  expect(await mill.objects('archive/')).toHaveLength(3);
  const said = mill.logs.find(({ message }) => message.includes('entries that are no ids'));
  expect(said).toMatchObject({ level: 'warn', fields: { entries: strange } });
});

test('M10 an id that lies nowhere stays in the list; one that is archived already leaves it', async () => {
  await using mill = await fullMill();
  await mill.putGroup('archive/', '20251201-2030');
  await mill.put(PUBLIC, { generation_id: ['20251130-2030', '20251201-2030'] });
  await mill.run();
  expect((await mill.json(PUBLIC)).generation_id).toEqual(['20251130-2030']);
  expect(mill.complaints()).toContain('A published id lies nowhere in the store; it stays in the list');
});

test('M10 an id leaves the list only when all of it is archived: a clash with another object keeps both', async () => {
  await using mill = await fullMill();
  await mill.put(`archive/${ONE}.png`, 'another picture, kept by somebody');
  await mill.put(PUBLIC, { generation_id: [ONE, TWO] });
  await mill.run();
  expect((await mill.json(PUBLIC)).generation_id).toEqual([ONE]);
  expect(await mill.text(`archive/${ONE}.png`)).toBe('another picture, kept by somebody');
  expect(await mill.text(`444/${ONE}.png`)).toBe(`png of ${ONE}`);
  expect(mill.complaints()).toContain(
    'Two different objects have the same place; both are left alone until `reelmill repair`',
  );
});

test('M10 an archiving that broke off half way is finished by the next run, and only then struck off the list', async () => {
  let copies = 0;
  await using mill = await fullMill({
    throughStore: (store) =>
      wrappedStore(store, {
        copy: async (from, to) =>
          (copies += 1) === 3
            ? failure('store_unavailable', 'the bucket is silent', { key: to }, { effect: 'refused' })
            : store.copy(from, to),
      }),
  });
  await mill.put(PUBLIC, { generation_id: [ONE] });
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'store_unavailable' } });
  expect(await mill.objects('archive/')).toHaveLength(2);
  expect((await mill.json(PUBLIC)).generation_id).toEqual([ONE]);
  await mill.run();
  expect(await mill.objects('archive/')).toHaveLength(3);
  expect((await mill.json(PUBLIC)).generation_id).toEqual([]);
  expect((await mill.objects()).filter((key) => key.includes(ONE))).toHaveLength(3);
});

test('M10 M9 what the publisher adds while a run archives is not lost', async () => {
  let added = false;
  await using mill = await fullMill({
    throughStore: (store) =>
      wrappedStore(store, {
        delete: async (key) => {
          if (!added && key.startsWith('444/')) {
            added = true;
            const now = await mill.json(PUBLIC);
            await mill.put(PUBLIC, { ...now, generation_id: [...now.generation_id, TWO] });
          }
          return store.delete(key);
        },
      }),
  });
  await mill.put(PUBLIC, { generation_id: [ONE] });
  await mill.run();
  expect(added).toBe(true);
  expect((await mill.json(PUBLIC)).generation_id).toEqual([TWO]);
});

test('M9 a finished post is not added to config_public, and nobody else’s mark is touched', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 1 } });
  await mill.put(PUBLIC, { generation_id: ['20251130-2030'] });
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  expect((await mill.json(PUBLIC)).generation_id).toEqual(['20251130-2030']);
  expect(await mill.json(GENERATION)).toEqual({ generation_id: null });
});

test('M11 D8 an empty front is filled from behind, front first, one ready group to a folder', async () => {
  await using mill = await Mill.start();
  for (const id of [ONE, TWO, THREE]) await mill.putGroup('666/', id);
  await mill.run();
  expect(await shelf(mill)).toEqual([`444/${ONE}`, `555/${TWO}`, `666/${THREE}`]);

  await mill.put(PUBLIC, { generation_id: [ONE] });
  await mill.run();
  expect(await shelf(mill)).toEqual([`444/${TWO}`, `555/${THREE}`, `666/${FIRST_ID}`, `archive/${ONE}`]);
});

test('M11 D8 a lone new group goes all the way to the front in one run', async () => {
  await using mill = await Mill.start();
  await mill.putGroup('666/', ONE);
  await mill.run();
  expect(await shelf(mill)).toEqual([`444/${ONE}`, `666/${FIRST_ID}`]);
});

test('M11 S2 only groups with all three objects move; an empty object counts as missing', async () => {
  await using mill = await Mill.start();
  await mill.putGroup('666/', ONE, ['json', 'png']);
  await mill.putGroup('666/', TWO, ['json', 'png']);
  await mill.put(`666/${TWO}.mp4`, '');
  await mill.putGroup('666/', THREE);
  await mill.put('666/.bzEmpty', '');
  await mill.put('666/readme.txt', 'not ours');
  await mill.run();
  expect(await mill.objects('444/')).toEqual(['json', 'mp4', 'png'].map((part) => `444/${THREE}.${part}`));
  expect((await mill.objects('666/')).filter((key) => !key.includes(FIRST_ID))).toEqual([
    '666/.bzEmpty',
    `666/${ONE}.json`,
    `666/${ONE}.png`,
    `666/${TWO}.json`,
    `666/${TWO}.mp4`,
    `666/${TWO}.png`,
    '666/readme.txt',
  ]);
});

test('M11 a sort that broke off half way is healed: the group ends whole in the folder it was going to', async () => {
  await using mill = await Mill.start();
  await mill.putGroup('555/', ONE);
  await mill.put(`444/${ONE}.json`, `json of ${ONE}`);
  await mill.put(`444/${ONE}.mp4`, `mp4 of ${ONE}`);
  await mill.run();
  expect(await shelf(mill)).toEqual([`444/${ONE}`, `666/${FIRST_ID}`]);
  expect(await mill.objects('444/')).toHaveLength(3);
});

test.each([
  ['the archive', `archive/${FIRST_ID}.json`],
  ['a folder', `444/${FIRST_ID}.png`],
  ['a journal of a post that is gone', `journal/${FIRST_ID}.json`],
])('D9 S3 an id that is taken in %s is not used again: the next free minute is', async (_where, key) => {
  await using mill = await Mill.start();
  await mill.put(key, { version: 1, id: FIRST_ID, entries: [] });
  await mill.put(`archive/20260131-2031.mp4`, 'taken as well');
  expect((await mill.run()).id).toBe('20260131-2032');
});

test('D9 an id that only the state still names is taken too: its mark or its late result would fall on the new post', async () => {
  await using mill = await Mill.start();
  await mill.put(PUBLIC, { generation_id: [`${FIRST_ID}.json`] });
  await mill.put('config/config_midjourney.json', {
    ...AT_REST,
    late_tasks: [
      { kind: 'image', id: '20260131-2031', task_id: 'late', requested_at_utc: '2026-01-31T09:00:00Z' },
    ],
  });
  // The provider cannot say what became of the late task, so that it stays in the state.
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'fetch', action: { type: 'status', status: 503 } },
  ]);
  await mill.putGroup('555/', '20260131-2031', ['json']);
  expect((await mill.run()).id).toBe('20260131-2032');
});

test('D9 a free minute of the next days is looked up there as well', async () => {
  await using mill = await Mill.start();
  mill.clock.moveTo(new Date('2026-01-31T23:59:30Z'));
  await mill.put('archive/20260131-2359.json', 'taken');
  await mill.put('journal/20260201-0000.json', 'taken');
  expect((await mill.run()).id).toBe('20260201-0001');
});

test('D9 S3 three posts of one run within a minute have three ids, of that minute in UTC and those after it', async () => {
  await using mill = await Mill.start({
    sandbox: { imageSeconds: 1, videoSeconds: 0 },
    config: { WORKFLOW: { max_tasks_per_run: 3 } },
  });
  await mill.run();
  const ids = (await mill.objects('journal/')).map((key) => key.slice(8, 21));
  expect(ids).toEqual(['20260131-2030', '20260131-2031', '20260131-2032']);
});

test('M10 D6 the post that is being made is not archived before it is complete, whatever the list says', async () => {
  await using mill = await Mill.start();
  await mill.put(GENERATION, { generation_id: ONE });
  await mill.put('config/config_midjourney.json', AT_REST);
  // As an older tool may have left it, with its character switched off.
  await mill.put(`666/${ONE}.json`, { topic: 'A clock', script: 's', first_frame_description: 'A clock.' });
  await mill.put(PUBLIC, { generation_id: [ONE] });
  expect(await mill.run()).toMatchObject({ stop: 'waiting', id: ONE });
  expect(await mill.objects('archive/')).toEqual([]);
  expect((await mill.json(PUBLIC)).generation_id).toEqual([ONE]);
});
