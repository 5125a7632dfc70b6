/** What `history`, `explain` and `show` read back after real runs, and what remembering the runs costs. */
import { expect, test } from 'vitest';
import { readHistory } from '../../src/app/history.ts';
import { readStory } from '../../src/app/explain.ts';
import { readShown } from '../../src/app/show.ts';
import { channelSettings } from '../../src/app/settings.ts';
import { runRecordsIn } from '../../src/domain/run-record.ts';
import { idOf } from '../support/channel-samples.ts';
import { FIRST_ID, GENERATION, Mill, PUBLIC, valueOf, type Json } from '../support/mill.ts';

const LEDGER = 'ledger/2026-01.json';
const ID = idOf(FIRST_ID);

const partsOf = (mill: Mill) => ({
  store: mill.store,
  settings: channelSettings(mill.config),
  clock: mill.clock,
});

async function runsOf(mill: Mill): Promise<Json[]> {
  return runRecordsIn((await mill.json(LEDGER))?.runs);
}

async function wholePost(mill: Mill): Promise<void> {
  expect((await mill.run()).stop).toBe('waiting');
  await mill.until('21:30');
  expect((await mill.run({ mode: 'check' })).stop).toBe('task-done');
}

test('I3 P6 the story tells each paid call once, adds up to what the providers charged, and knows what is real', async () => {
  await using mill = await Mill.start();
  await wholePost(mill);
  const story = valueOf(await readStory(partsOf(mill), ID));
  expect(story).toMatchObject({ phase: null, marked: false, late: [], quarantined: [], problems: [] });
  expect(story.places).toMatchObject([{ folder: '666/', ready: true }]);
  expect(story.media).toMatchObject({ image: 'midjourney', video: 'runway' });
  const charged = mill.sandbox.ledger.totalUsd();
  expect(story.costUsd).toBeCloseTo(charged, 5);
  const files = (story.journal?.entries ?? []).filter((entry) => entry.type === 'file');
  expect(files.map((entry) => 'key' in entry && entry.key)).toEqual([
    `666/${FIRST_ID}.json`,
    `666/${FIRST_ID}.png`,
    `666/${FIRST_ID}.json`,
    `666/${FIRST_ID}.mp4`,
    `666/${FIRST_ID}.json`,
  ]);
  const history = valueOf(await readHistory(partsOf(mill), 10));
  expect(history.posts).toMatchObject([{ id: FIRST_ID, ready: true, costUsd: story.costUsd, seconds: 3645 }]);
  expect(history.runs.map(({ mode, stop, id }) => [mode, stop, id])).toEqual([
    ['check', 'task-done', FIRST_ID],
    ['main', 'waiting', FIRST_ID],
  ]);
  expect(history.runs.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeCloseTo(charged, 5);
});

test('D2 M6 a check that finds nothing new leaves no record and writes nothing', async () => {
  await using mill = await Mill.start();
  await mill.run({ mode: 'check' });
  expect(await mill.objects()).toEqual([]);
  await mill.run();
  const before = await mill.bytes(LEDGER);
  expect((await mill.run({ mode: 'check' })).stop).toBe('waiting');
  expect(await mill.bytes(LEDGER)).toEqual(before);
  expect(await runsOf(mill)).toHaveLength(1);
});

test('M6 M8 a main run is remembered also when it starts nothing, and a failed one with its reason', async () => {
  await using mill = await Mill.start();
  await wholePost(mill);
  await mill.until('20:30');
  mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 401 } }]);
  expect((await mill.run()).failure?.code).toBe('provider_denied');
  const [newest] = valueOf(await readHistory(partsOf(mill), 1)).runs;
  expect(newest).toMatchObject({ mode: 'main', stop: 'failed', failure: { code: 'provider_denied' } });
  expect(newest?.actions).toContain('write-content');
});

test('M2 a run that finds the channel held is not remembered, for it may not write', async () => {
  await using mill = await Mill.start();
  await mill.put('locks/other.json', '{}');
  expect((await mill.run()).stop).toBe('locked');
  expect(await mill.objects('ledger/')).toEqual([]);
});

test('S1 records that somebody spoiled are left out, never in the way of a payment, and the rest is kept', async () => {
  await using mill = await Mill.start();
  const run = {
    at_utc: '2026-01-30T20:30:00.000000+00:00',
    seconds: 1,
    mode: 'main',
    stop: 'stocked',
    id: null,
    actions: [],
    failure: null,
  };
  await mill.put(LEDGER, {
    version: 1,
    month: '2026-01',
    note: 'mine',
    runs: ['?', { ...run, seconds: 'x' }, run],
    calls: [],
  });
  await wholePost(mill);
  expect(await mill.json(LEDGER)).toMatchObject({ note: 'mine' });
  expect((await runsOf(mill)).map(({ stop }) => stop)).toEqual(['stocked', 'waiting', 'task-done']);
});

test('S1 a post is told of also when its documents are damaged, and what cannot be read is said', async () => {
  await using mill = await Mill.start();
  await wholePost(mill);
  for (const key of [GENERATION, PUBLIC, `666/${FIRST_ID}.json`]) await mill.put(key, 'garbage');
  const story = valueOf(await readStory(partsOf(mill), ID));
  expect(story.problems.map(({ code, where }) => [code, where.key])).toEqual([
    ['state_damaged', `666/${FIRST_ID}.json`],
    ['state_damaged', GENERATION],
    ['state_damaged', PUBLIC],
  ]);
  expect(story.topic).not.toBeNull();
  expect(story.costUsd).toBeGreaterThan(0);
  const shown = valueOf(await readShown(partsOf(mill), ID, false));
  expect(shown.post).toMatchObject({ text: null, media: null });
  expect(shown.post.problems).toHaveLength(1);
  await mill.put(`journal/${FIRST_ID}.json`, '{');
  await mill.put(LEDGER, '{');
  const history = valueOf(await readHistory(partsOf(mill), 10));
  expect(history.posts).toHaveLength(1);
  expect(history.problems).toHaveLength(3);
});

test('P4 D11 a post is shown whole, its picture byte for byte', async () => {
  await using mill = await Mill.start();
  await wholePost(mill);
  const { post, picture } = valueOf(await readShown(partsOf(mill), ID, true));
  const stored = await mill.json(`666/${FIRST_ID}.json`);
  expect(post).toMatchObject({
    topic: stored.topic,
    text: stored.content,
    comment: stored.sarcasm.comment,
    poll: stored.sarcasm.poll,
    script: stored.script,
    media: { image: 'midjourney', video: 'runway' },
    imageChoice: { winner: stored.image_choice.winner },
  });
  expect(picture).toEqual(await mill.bytes(`666/${FIRST_ID}.png`));
});

test('S3 an id that nobody has used is no post', async () => {
  await using mill = await Mill.start();
  const unknown = idOf('20250101-0000');
  expect(await readStory(partsOf(mill), unknown)).toMatchObject({ failure: { code: 'usage' } });
  expect(await readShown(partsOf(mill), unknown, true)).toMatchObject({ failure: { code: 'usage' } });
});

test('BUDGET a call is counted for one run, also when the next one begins within the same second', async () => {
  await using mill = await Mill.start();
  const at = (second: string): string => `2026-01-31T20:30:${second}+00:00`;
  const run = { seconds: 4, mode: 'main', stop: 'waiting', id: FIRST_ID, actions: [], failure: null };
  const call = { id: FIRST_ID, kind: 'text', provider: 'openai', model: 'm', state: 'succeeded' };
  const cost = (stage: string, second: string, usd: number) => ({
    ...call,
    call: stage,
    stage,
    at_utc: at(second),
    reserved_usd: usd,
    cost_usd: usd,
    measured: true,
  });
  await mill.put(LEDGER, {
    version: 1,
    month: '2026-01',
    runs: [
      { ...run, at_utc: at('00.000000') },
      { ...run, at_utc: at('04.200000') },
    ],
    calls: [cost('text', '03.000000', 0.25), cost('scene', '04.500000', 0.5)],
  });
  const { runs } = valueOf(await readHistory(partsOf(mill), 10));
  expect(runs.map(({ costUsd }) => costUsd)).toEqual([0.5, 0.25]);
});
