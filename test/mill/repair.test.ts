/**
 * `reelmill repair` on the whole mill: each kind of damage is made by hand, mended, and followed by clean runs, which
 * must reach a ready post. Nothing is touched without `apply`, and no byte is lost with it.
 */
import { expect, test } from 'vitest';
import { repair } from '../../src/app/repair.ts';
import type { RepairReport } from '../../src/runtime/repair.ts';
import { collectList } from '../../src/ports/object-store.ts';
import type { FindingKind } from '../../src/workflow/finding.ts';
import {
  AT_REST,
  FIRST_ID,
  GENERATION,
  IMAGE,
  Mill,
  PUBLIC,
  START,
  TRACKER,
  valueOf,
  type MillOptions,
} from '../support/mill.ts';

const JOURNAL = `journal/${FIRST_ID}.json`;
const TEXT = `666/${FIRST_ID}.json`;
const LEDGER = 'ledger/2026-01.json';
const OTHER = '20260110-2030';

async function look(mill: Mill): Promise<RepairReport> {
  return valueOf(await repair(mill.surroundings, { apply: false }));
}

async function apply(mill: Mill): Promise<RepairReport> {
  return valueOf(await repair(mill.surroundings, { apply: true }));
}

/** Every key with its body and etag: what a look must leave exactly as it was. */
async function everything(mill: Mill): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const { key, etag } of valueOf(await collectList(mill.store, ''))) {
    const body = (await mill.bytes(key)) ?? new Uint8Array();
    all.set(key, `${etag} ${Buffer.from(body).toString('latin1')}`);
  }
  return all;
}

async function bodies(mill: Mill): Promise<Set<string>> {
  return new Set([...(await everything(mill)).values()].map((text) => text.slice(text.indexOf(' ') + 1)));
}

/** The channel gets well by itself: within three days of clean runs a ready post waits in the folders. */
async function expectReadyPost(mill: Mill): Promise<void> {
  for (let day = 0; day < 3; day += 1) {
    for (const { at, mode } of [
      { at: '20:30', mode: 'main' },
      { at: '21:30', mode: 'check' },
      { at: '01:30', mode: 'check' },
    ] as const) {
      await mill.until(at);
      const report = await mill.run({ mode });
      expect(report.failure, `${at}: ${JSON.stringify(report.failure)}`).toBeNull();
    }
    if (isReady(await mill.objects())) return;
  }
  expect.fail(`no ready post after three days: ${(await mill.objects()).join(', ')}`);
}

function isReady(keys: readonly string[]): boolean {
  const stems = keys.filter((key) => /^(666|555|444)\/.*\.mp4$/.test(key)).map((key) => key.slice(0, -4));
  return stems.some((stem) => keys.includes(`${stem}.json`) && keys.includes(`${stem}.png`));
}

interface Damage {
  readonly kind: FindingKind;
  readonly what: string;
  readonly options?: MillOptions;
  /** Brings the mill to where the damage is done, and does it. */
  readonly make: (mill: Mill) => Promise<void>;
  /** What must hold after `apply`, before the next run. */
  readonly mended?: (mill: Mill, report: RepairReport) => Promise<void>;
  /** What the post had ordered before must not be ordered again. */
  readonly paysOnce?: boolean;
}

/** The text is written and the picture ordered. */
async function begun(mill: Mill): Promise<void> {
  expect((await mill.run()).stop).toBe('waiting');
}

/** Cuts the object in the middle, as an interrupted tool leaves it. */
async function cut(mill: Mill, key: string, share = 0.6): Promise<void> {
  const body = (await mill.bytes(key)) ?? new Uint8Array();
  await mill.put(key, body.slice(0, Math.floor(body.length * share)));
}

/** The video is ordered, and the run was asked to stop while it waited. */
async function begunVideo(mill: Mill): Promise<void> {
  await begun(mill);
  await mill.until('21:30');
  const stop = new AbortController();
  await mill.run({
    mode: 'check',
    signal: stop.signal,
    onAction: (type) => {
      if (type === 'await-video') stop.abort();
    },
  });
  expect((await mill.json(IMAGE)).video_task).toBeDefined();
}

async function finished(mill: Mill): Promise<void> {
  await begun(mill);
  await mill.until('21:30');
  expect((await mill.run({ mode: 'check' })).stop).toBe('task-done');
}

const DAMAGES: readonly Damage[] = [
  {
    kind: 'damaged-document',
    what: 'the public document is cut; ids and the epoch are read out of it',
    make: async (mill) => {
      await mill.putGroup('444/', OTHER);
      await mill.put(`444/${OTHER}.json`, { content: 'text' });
      await mill.put(
        PUBLIC,
        `{"note": "mine", "processing_lock": false, "lock_epoch": 41, "generation_id": ["${OTHER}", "2026`,
      );
    },
    mended: async (mill) => {
      expect(await mill.json(PUBLIC)).toMatchObject({
        note: 'mine',
        processing_lock: false,
        generation_id: [OTHER],
      });
      // Never reset.
      expect((await mill.json(PUBLIC)).lock_epoch).toBe(41);
    },
  },
  {
    kind: 'damaged-document',
    what: 'the public document names its ids in a wrong form',
    make: async (mill) => {
      await mill.put(`444/${OTHER}.json`, { content: 'text' });
      await mill.put(PUBLIC, { processing_lock: 'no', generation_id: { first: OTHER }, shared: [1] });
    },
    mended: async (mill) => {
      expect(await mill.json(PUBLIC)).toMatchObject({ generation_id: [OTHER], shared: [1] });
    },
  },
  {
    kind: 'damaged-document',
    what: 'config_gen is garbage while a picture is painted',
    make: async (mill) => {
      await begun(mill);
      await mill.put(GENERATION, 'garbage');
    },
    mended: async (mill) => {
      expect(await mill.json(GENERATION)).toEqual({ generation_id: FIRST_ID });
    },
    paysOnce: true,
  },
  {
    kind: 'damaged-document',
    what: 'config_midjourney is cut while a picture is painted; the task comes from the journal',
    make: async (mill) => {
      await begun(mill);
      await cut(mill, IMAGE, 0.3);
    },
    mended: async (mill) => {
      expect((await mill.json(IMAGE)).midjourney_task.task_id).toBe(
        mill.ledger.find(({ kind }) => kind === 'image')?.taskId,
      );
    },
    paysOnce: true,
  },
  {
    kind: 'damaged-document',
    what: 'config_midjourney is garbage while the video is made; the video comes from the journal',
    options: { sandbox: { videoSeconds: 3_600 } },
    make: async (mill) => {
      await begunVideo(mill);
      await mill.put(IMAGE, '}{');
    },
    mended: async (mill) => {
      expect(await mill.json(IMAGE)).toMatchObject({ picture: { source: 'midjourney' } });
      expect((await mill.json(IMAGE)).video_task.task_id).toBe(
        mill.ledger.find(({ kind }) => kind === 'video')?.taskId,
      );
    },
    paysOnce: true,
  },
  {
    kind: 'damaged-document',
    what: 'all three documents are garbage while a picture is painted',
    make: async (mill) => {
      await begun(mill);
      for (const key of [PUBLIC, GENERATION, IMAGE]) await mill.put(key, new Uint8Array([0xff, 0xfe, 0, 1]));
    },
    paysOnce: true,
  },
  {
    kind: 'damaged-document',
    what: 'the tracker is cut',
    make: async (mill) => {
      await mill.put(TRACKER, '{"all_focuses": ["Bread", "Rivers"], "used_focuses": ["Bre');
    },
    mended: async (mill) => {
      expect(await mill.json(TRACKER)).toEqual({ all_focuses: ['Bread', 'Rivers'], used_focuses: [] });
    },
  },
  {
    kind: 'damaged-document',
    what: 'the journal of the post is cut',
    make: async (mill) => {
      await begun(mill);
      await cut(mill, JOURNAL);
    },
    mended: async (mill) => {
      expect((await mill.json(JOURNAL)).entries.length).toBeGreaterThan(3);
    },
  },
  {
    kind: 'damaged-document',
    what: 'the ledger is cut; what it lost is in the journals, also of archived posts',
    make: async (mill) => {
      await finished(mill);
      for (const key of await mill.objects('666/'))
        await moveByHand(mill, key, key.replace('666/', 'archive/'));
      await mill.put(`before ${LEDGER}`, (await mill.bytes(LEDGER)) ?? '');
      await cut(mill, LEDGER, 0.2);
    },
    mended: async (mill) => {
      const { calls } = await mill.json(`before ${LEDGER}`);
      expect(calls).toHaveLength(8);
      expect((await mill.json(LEDGER)).calls).toEqual(calls);
    },
  },
  {
    kind: 'damaged-document',
    what: 'the text of the post that is being made is cut; the journal holds it',
    make: async (mill) => {
      await begun(mill);
      await cut(mill, TEXT);
    },
    mended: async (mill) => {
      const { content, draft } = { ...(await mill.json(TEXT)), ...(await mill.json(JOURNAL)) };
      expect(content).toBe(draft.text);
    },
    paysOnce: true,
  },
  {
    kind: 'damaged-document',
    what: 'the text of a waiting post is garbage and nothing holds a copy',
    make: async (mill) => {
      await mill.putGroup('444/', OTHER);
    },
    mended: async (mill) => {
      expect(await mill.objects('444/')).toEqual([]);
      expect(await mill.objects('quarantine/')).toHaveLength(4);
    },
  },
  {
    kind: 'damaged-document',
    what: 'the text of the post that is being made is garbage, nothing holds a copy, and the publisher marked it',
    make: async (mill) => {
      await begun(mill);
      await mill.remove(JOURNAL);
      await mill.put(TEXT, 'garbage');
      await mill.put(PUBLIC, { processing_lock: false, generation_id: [FIRST_ID] });
    },
    mended: async (mill) => {
      expect(await mill.state()).toMatchObject({ generation: { generation_id: null }, image: AT_REST });
    },
  },
  {
    kind: 'split-group',
    what: 'a move was left half done',
    make: async (mill) => {
      await finished(mill);
      await moveByHand(mill, `666/${FIRST_ID}.mp4`, `555/${FIRST_ID}.mp4`);
    },
    mended: async (mill) => {
      expect(await mill.objects('555/')).toHaveLength(3);
      expect(await mill.objects('666/')).toEqual([]);
      expect(await mill.objects('quarantine/')).toHaveLength(2);
    },
    paysOnce: true,
  },
  {
    kind: 'split-group',
    what: 'the text of the post that is being made was moved away',
    make: async (mill) => {
      await begun(mill);
      await moveByHand(mill, TEXT, `444/${FIRST_ID}.json`);
    },
    paysOnce: true,
  },
  {
    kind: 'two-copies',
    what: 'a group lies twice, and one of its texts differs',
    make: async (mill) => {
      await finished(mill);
      for (const part of ['json', 'png', 'mp4'])
        await mill.put(
          `555/${FIRST_ID}.${part}`,
          (await mill.bytes(`666/${FIRST_ID}.${part}`)) ?? new Uint8Array(),
        );
      await mill.put(TEXT, { ...(await mill.json(TEXT)), content: 'another hand' });
    },
    mended: async (mill, report) => {
      expect(await mill.objects('555/')).toHaveLength(3);
      expect(await mill.objects('666/')).toEqual([]);
      expect((await mill.json(`${report.quarantine}${TEXT}`)).content).toBe('another hand');
    },
    paysOnce: true,
  },
  {
    kind: 'two-copies',
    what: 'an archived post came back',
    make: async (mill) => {
      await mill.put(`archive/${OTHER}.json`, { topic: 'a', content: 'b', sarcasm: {} });
      await mill.put(`444/${OTHER}.json`, { topic: 'a', content: 'b', sarcasm: {} });
      await mill.put(`444/${OTHER}.png`, 'picture');
      await mill.put(`444/${OTHER}.mp4`, 'video');
    },
    mended: async (mill) => {
      expect(await mill.objects('444/')).toEqual([]);
      expect(await mill.objects('archive/')).toHaveLength(3);
    },
  },
  {
    kind: 'orphan-media',
    what: 'media whose text is only in the journal',
    make: async (mill) => {
      await finished(mill);
      await mill.remove(TEXT);
    },
    mended: async (mill) => {
      const { media, content } = await mill.json(TEXT);
      expect(content).toBe((await mill.json(JOURNAL)).draft.text);
      expect(media).toEqual({ image: 'midjourney', video: 'runway' });
    },
    paysOnce: true,
  },
  {
    kind: 'orphan-media',
    what: 'media whose text is nowhere',
    make: async (mill) => {
      await mill.put(`555/${OTHER}.png`, 'a picture');
      await mill.put(`555/${OTHER}.mp4`, 'a video');
    },
    mended: async (mill, report) => {
      expect(await mill.objects('555/')).toEqual([]);
      expect(await mill.bytes(`${report.quarantine}555/${OTHER}.mp4`)).toEqual(
        new TextEncoder().encode('a video'),
      );
    },
  },
  {
    kind: 'id-without-content',
    what: 'the text vanished while the picture is painted; the journal holds it',
    make: async (mill) => {
      await begun(mill);
      await mill.remove(TEXT);
    },
    paysOnce: true,
  },
  {
    kind: 'id-without-content',
    what: 'text and journal vanished',
    make: async (mill) => {
      await begun(mill);
      await mill.remove(TEXT, JOURNAL);
    },
    mended: async (mill) => {
      expect(await mill.state()).toMatchObject({ generation: { generation_id: null }, image: AT_REST });
    },
  },
  {
    kind: 'content-without-media',
    what: 'nothing names the post any more, and its picture is painted',
    make: async (mill) => {
      await begun(mill);
      await mill.put(GENERATION, {});
      await mill.put(IMAGE, AT_REST);
    },
    mended: async (mill) => {
      expect(await mill.json(GENERATION)).toMatchObject({ generation_id: FIRST_ID });
      expect((await mill.json(IMAGE)).midjourney_task.task_id).toBe(
        mill.ledger.find(({ kind }) => kind === 'image')?.taskId,
      );
    },
    paysOnce: true,
  },
  {
    kind: 'content-without-media',
    what: 'a text of an older tool lies in 555',
    make: async (mill) => {
      const text = { topic: 'Old clocks', content: 'Tick.', sarcasm: { comment: '', poll: {} } };
      await mill.put(`555/${OTHER}.json`, { ...text, script: 'a hand', first_frame_description: 'a dial' });
    },
    mended: async (mill) => {
      expect(await mill.objects('666/')).toEqual([`666/${OTHER}.json`]);
      expect(await mill.json(IMAGE)).toEqual({ ...AT_REST, generation: true });
    },
  },
  {
    kind: 'inconsistent-state',
    what: 'a task, but no post; the journal knows whose it is',
    make: async (mill) => {
      await begun(mill);
      await mill.put(GENERATION, { generation_id: null });
      await mill.put('666/20260101-0000.json', (await mill.bytes(TEXT)) ?? '');
    },
    mended: async (mill) => {
      expect(await mill.json(GENERATION)).toEqual({ generation_id: FIRST_ID });
    },
    paysOnce: true,
  },
  {
    kind: 'inconsistent-state',
    what: 'an answer, but no post at all',
    make: async (mill) => {
      await mill.put(IMAGE, {
        ...AT_REST,
        midjourney_results: { task_id: 'x', task_result: { image_url: 'https://a.example/1' } },
      });
    },
    mended: async (mill) => expect(await mill.json(IMAGE)).toEqual(AT_REST),
  },
  {
    kind: 'inconsistent-state',
    what: 'an answer, and the only unfinished post was published',
    make: async (mill) => {
      await mill.put(IMAGE, {
        ...AT_REST,
        midjourney_results: { task_id: 'x', task_result: { image_url: 'https://a.example/1' } },
      });
      await mill.put(`666/${OTHER}.json`, '');
      await mill.put(PUBLIC, { processing_lock: false, generation_id: [OTHER] });
    },
    mended: async (mill) => expect(await mill.state()).toMatchObject({ generation: null, image: AT_REST }),
  },
  {
    kind: 'inconsistent-state',
    what: 'a picture is ordered for a post that is archived',
    make: async (mill) => {
      await begun(mill);
      await mill.remove(TEXT);
      await mill.putGroup('archive/', FIRST_ID);
    },
    mended: async (mill) => expect(await mill.json(IMAGE)).toEqual(AT_REST),
  },
  {
    kind: 'inconsistent-state',
    what: 'the saved picture vanished while the video is made',
    options: { sandbox: { videoSeconds: 3_600 } },
    make: async (mill) => {
      await begunVideo(mill);
      await mill.remove(`666/${FIRST_ID}.png`);
    },
    paysOnce: true,
  },
  {
    kind: 'inconsistent-state',
    what: 'the saved picture is cut while the video is made',
    options: { sandbox: { videoSeconds: 3_600 } },
    make: async (mill) => {
      await begunVideo(mill);
      await cut(mill, `666/${FIRST_ID}.png`);
    },
    paysOnce: true,
  },
  {
    kind: 'published-nowhere',
    what: 'an id in the list lies nowhere',
    make: async (mill) => {
      await mill.put(PUBLIC, { processing_lock: false, generation_id: [OTHER, 'no id', `${OTHER}.json`] });
    },
    mended: async (mill) => expect((await mill.json(PUBLIC)).generation_id).toEqual(['no id']),
  },
  {
    kind: 'stale-lock',
    what: 'an older tool died with the flag raised',
    make: async (mill) => {
      await mill.put(PUBLIC, { processing_lock: true, generation_id: [] });
      await mill.advance(7 * 3_600);
    },
    mended: async (mill) => expect((await mill.json(PUBLIC)).processing_lock).toBe(false),
  },
  {
    kind: 'stale-ticket',
    what: 'a run died with the lease',
    make: async (mill) => {
      await mill.put('locks/dead.json', '{"owner":"dead"}\n');
      await mill.put(PUBLIC, { processing_lock: true, lock_owner: 'dead', generation_id: [] });
      await mill.advance(3_600);
    },
    mended: async (mill, report) => {
      expect(await mill.objects('locks/')).toEqual([]);
      expect(await mill.json(`${report.quarantine}locks/dead.json`)).toEqual({ owner: 'dead' });
      expect(await mill.json(PUBLIC)).toMatchObject({ processing_lock: false, lock_owner: null });
    },
  },
];

/** For a store whose clock is ahead of its mill's until it is set right. */
function clockAhead(milliseconds: number) {
  let ahead = milliseconds;
  let clock: { now: () => Date } = { now: () => START };
  return {
    store: { now: () => new Date(clock.now().getTime() + ahead) },
    follow: (mill: Mill): void => void (clock = mill.clock),
    setRight: (): void => void (ahead = 0),
  };
}
const YEAR = 365 * 86_400_000;

test.each([
  ['a dead run’s ticket', 'locks/killed.json', { owner: 'killed' }],
  ['a flag without an owner', PUBLIC, { processing_lock: true, generation_id: [] }],
])('I4 M2 %s that a clock a year ahead has dated keeps no run out', async (_, key, body) => {
  const clock = clockAhead(YEAR);
  await using mill = await Mill.start({ store: clock.store });
  clock.follow(mill);
  await mill.put(key, body);
  clock.setRight();
  expect((await mill.run()).stop).toBe('waiting');
  expect(await mill.objects('locks/')).toEqual([]);
  expect(await mill.json(PUBLIC)).toMatchObject({ processing_lock: false });
});

test.each([
  ['stale-ticket', 'locks/killed.json', { owner: 'killed' }],
  ['stale-lock', PUBLIC, { processing_lock: true, generation_id: [] }],
] as const)(
  'I4 repair sees a %s of a clock that was ahead, says so, and mends it',
  async (kind, key, body) => {
    const clock = clockAhead(YEAR);
    await using mill = await Mill.start({ store: clock.store });
    clock.follow(mill);
    await mill.put(key, body);
    clock.setRight();
    const proposed = await look(mill);
    expect(proposed.holder).toBeNull();
    expect(proposed.findings).toMatchObject([{ kind, where: key, outcome: 'proposed' }]);
    expect(proposed.findings[0]?.explanation).toContain(
      'It is dated 2027-01-31T20:30:00.000Z, which has not come yet: a clock that was ahead wrote it',
    );
    const applied = await apply(mill);
    expect(applied.findings).toMatchObject([{ kind, where: key, outcome: 'mended' }]);
    expect(await mill.json(`${applied.quarantine}${key}`)).toEqual(body);
    expect((await look(mill)).findings).toEqual([]);
  },
);

test('I1 repair by a machine whose clock is hours behind its store’s leaves its own ticket alone', async () => {
  const clock = clockAhead(3 * 3_600_000);
  await using mill = await Mill.start({ store: clock.store });
  clock.follow(mill);
  await mill.put(GENERATION, '{broken');
  const report = await apply(mill);
  expect(report.findings.map(({ kind }) => kind)).toEqual(['damaged-document']);
  expect(report.applied).toBe(true);
});

async function moveByHand(mill: Mill, from: string, to: string): Promise<void> {
  await mill.put(to, (await mill.bytes(from)) ?? '');
  await mill.remove(from);
}

test('I3 a late task that repair takes up again is late no more: its video is paid for once', async () => {
  await using mill = await Mill.start({
    config: { WORKFLOW: { mj_timeout_seconds: 60 } },
    sandbox: { imageSeconds: 3 * 3_600 },
  });
  await mill.run();
  await mill.until('21:30');
  expect((await mill.run({ mode: 'check' })).stop).toBe('timed-out');
  expect((await mill.json(IMAGE)).late_tasks).toHaveLength(1);
  await mill.put(IMAGE, { ...(await mill.json(IMAGE)), status: 5 });
  await apply(mill);
  expect(await mill.json(IMAGE)).not.toHaveProperty('late_tasks');
  await mill.advance(3 * 3_600);
  for (let run = 0; run < 3; run += 1) {
    await mill.run({ mode: 'check' });
    await mill.advance(3_600);
  }
  expect((await mill.json(TEXT)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
  expect(mill.paid()).toMatchObject({ image: 1, video: 1 });
});

test.each(DAMAGES)('S1 I2 I3 repair of $kind: $what', async ({ kind, make, mended, options, paysOnce }) => {
  await using mill = await Mill.start(options);
  await make(mill);
  const before = await everything(mill);
  const proposed = await look(mill);
  expect(proposed.findings.map((finding) => finding.kind)).toContain(kind);
  const finding = proposed.findings.find((candidate) => candidate.kind === kind);
  expect(finding?.outcome, finding?.explanation).toBe('proposed');
  expect(await everything(mill), 'a look changes nothing').toEqual(before);

  const had = await bodies(mill);
  const report = await apply(mill);
  expect(report.findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(report.findings.map((one) => [one.kind, one.outcome])).toContainEqual([kind, 'mended']);
  expect([...had.difference(await bodies(mill))], 'every body is still there').toEqual([]);
  expect((await look(mill)).findings.filter((one) => one.remedy !== null)).toEqual([]);
  await mended?.(mill, report);

  await expectReadyPost(mill);
  if (paysOnce) {
    const posts = (await mill.objects()).filter((key) => /^(666|555|444)\/.*\.mp4$/.test(key)).length;
    const { image = 0, video = 0 } = mill.paid();
    expect({ image, video }).toEqual({ image: posts, video: posts });
  }
});
