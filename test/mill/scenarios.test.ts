/** The owner's five scenarios, one state at a time: what a run does with it, and what it leaves. */
import { expect, test } from 'vitest';
import { AT_REST, FIRST_ID, GENERATION, IMAGE, Mill, PUBLIC, type Json } from '../support/mill.ts';

const ID = '20260130-2030';
const UNREACHABLE = {
  status: 'finished',
  task_result: { image_urls: ['http://127.0.0.1:9/1', 'http://127.0.0.1:9/2'] },
};
const TASK = { task_id: 'nobody-knows-it', requested_at_utc: '2026-01-31T20:00:00.000000+00:00' };
const TEXT = {
  topic: 'A clock that ran backwards',
  content: 'It did.',
  sarcasm: { comment: 'So it did.', poll: {} },
  script: 'The hands turn.',
  first_frame_description: 'A clock.',
};

async function millWith(image: Json, id: string | null = ID): Promise<Mill> {
  const mill = await Mill.start();
  await mill.put(IMAGE, image);
  await mill.put(GENERATION, { generation_id: id });
  if (id !== null) await mill.put(`666/${id}.json`, TEXT);
  return mill;
}

test('M3 when several scenarios hold at once, the order is 0, 3, 2, 4, 1', async () => {
  const everything = {
    status: 'timed_out_mock_needed',
    midjourney_results: UNREACHABLE,
    midjourney_task: TASK,
    generation: true,
  };
  const { status: _0, ...without0 } = everything;
  const { midjourney_results: _3, ...without3 } = without0;
  const { midjourney_task: _2, ...without2 } = without3;
  const { generation: _4, ...without4 } = without2;
  const firsts = [
    [everything, 'make-mock'],
    [without0, 'choose-picture'],
    [without3, 'check-image'],
    [without2, 'request-image'],
    [without4, 'tidy'],
  ] as const;
  for (const [image, first] of firsts) {
    await using mill = await millWith(image);
    // Mixtures are nobody's state at rest; here only the first step counts.
    const report = await mill.run({ anyState: true });
    expect(report.actions[0]?.action, JSON.stringify(image)).toBe(first);
  }
});

test('M3 S1 what another tool writes during a turn is read again: its keys stay, and the run goes on', async () => {
  await using mill = await Mill.start();
  let meddled = false;
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.path !== '/api/v1/task') return null;
    return (async () => {
      await mill.put(IMAGE, { ...(await mill.json(IMAGE)), note: 'written in between' });
      meddled = true;
      return ask();
    })();
  };
  expect(await mill.run()).toMatchObject({ stop: 'waiting', failure: null });
  expect(meddled).toBe(true);
  expect(await mill.json(IMAGE)).toMatchObject({ note: 'written in between', midjourney_task: {} });
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test.each([
  ['scenario 0', { ...AT_REST, status: 'timed_out_mock_needed' }],
  ['scenario 3', { ...AT_REST, midjourney_results: UNREACHABLE }],
])(
  'M4 M5 in %s without an id in config_gen: an error, nothing made, nothing changed',
  async (_name, image) => {
    await using mill = await millWith(image, null);
    const before = await mill.text(IMAGE);
    const report = await mill.run();
    expect(report).toMatchObject({
      stop: 'no-active-post',
      failure: { code: 'no_active_post' },
      actions: [{ action: 'tidy', event: null }],
    });
    expect(await mill.text(IMAGE)).toBe(before);
    expect(await mill.objects('666/')).toEqual([]);
    expect(mill.wire.seen).toEqual([]);
  },
);

test('M4 M9 P2 timed_out_mock_needed: mock media, a task counted, the state cleared', async () => {
  await using mill = await millWith({ ...AT_REST, status: 'timed_out_mock_needed' });
  expect(await mill.run()).toMatchObject({ stop: 'task-done', tasksProcessed: 1 });
  expect(await mill.objects('666/')).toEqual([`666/${ID}.json`, `666/${ID}.mp4`, `666/${ID}.png`]);
  const { image, generation } = await mill.state();
  expect(image).toEqual(AT_REST);
  expect(generation).toEqual({ generation_id: null });
  expect((await mill.json(`666/${ID}.json`)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect(mill.wire.seen).toEqual([]);
});

test('M6 W2 a picture still being painted: nothing is written, and the run ends', async () => {
  await using mill = await Mill.start({
    sandbox: {
      faults: [{ provider: 'piapi', operation: 'imagine', action: { type: 'task-never-finishes' } }],
    },
  });
  await mill.run();
  await mill.advance(3_600);
  const before = await mill.text(IMAGE);
  expect(await mill.run()).toMatchObject({ stop: 'waiting', failure: null });
  expect(await mill.text(IMAGE)).toBe(before);
  expect(mill.wire.asked('piapi', '/mj/v2/fetch')).toHaveLength(2);
});

test('M6 W2 a check that fails is logged, changes nothing and ends the run', async () => {
  await using mill = await Mill.start();
  await mill.run();
  await mill.until('21:30');
  const before = await mill.text(IMAGE);
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'fetch', action: { type: 'status', status: 500 } },
  ]);
  expect(await mill.run({ mode: 'check' })).toMatchObject({
    stop: 'check-failed',
    tasksProcessed: 0,
    unasked: { code: 'provider_unavailable' },
  });
  expect(await mill.text(IMAGE)).toBe(before);
  expect(mill.complaints().join()).toContain('piapi');
  mill.sandbox.setFaults([]);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
});

test('M6 the timeout counts from requested_at_utc, to the second, and is noted by whichever run passes it', async () => {
  await using mill = await Mill.start({
    sandbox: {
      faults: [{ provider: 'piapi', operation: 'imagine', action: { type: 'task-never-finishes' } }],
    },
  });
  await mill.run();
  const { midjourney_task: task } = await mill.json(IMAGE);
  const started = Date.parse(task.requested_at_utc);
  const since = (): number => (mill.clock.now().getTime() - started) / 1000;
  await mill.advance(17_990 - since());
  expect((await mill.run({ mode: 'check' })).stop).toBe('waiting');
  await mill.advance(18_001 - since());
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'timed-out', failure: null });
  expect(await mill.json(IMAGE)).toMatchObject({ midjourney_task: null, status: 'timed_out_mock_needed' });
});

test('D7 D3 a result that is found past the timeout is used, not mocked', async () => {
  await using mill = await Mill.start();
  await mill.run();
  await mill.until('20:30');
  expect(await mill.run()).toMatchObject({ stop: 'task-done', tasksProcessed: 1 });
  expect((await mill.json(`666/${FIRST_ID}.json`)).media).toMatchObject({
    image: 'midjourney',
    video: 'runway',
  });
});

test('M7 generation without an id is logged and cleared, and the same run goes on to a new post', async () => {
  await using mill = await millWith({ ...AT_REST, generation: true, note: 'kept' }, null);
  const report = await mill.run();
  expect(report.actions.slice(0, 3).map(({ action }) => action)).toEqual(['record', 'tidy', 'mint-id']);
  expect(report).toMatchObject({ stop: 'waiting', id: FIRST_ID });
  expect(mill.logs.map(({ message }) => message)).toContain('State: generation is set, but no post is named');
  expect((await mill.json(IMAGE)).note).toBe('kept');
});

test('M7 generation with an id: the picture is ordered from the stored text, and no text is written again', async () => {
  await using mill = await millWith({ ...AT_REST, generation: true });
  expect(await mill.run()).toMatchObject({ stop: 'waiting', id: ID });
  expect(mill.wire.asked('piapi', '/api/v1/task')[0]?.json.input.prompt).toBe(TEXT.first_frame_description);
  expect(mill.paid()).toEqual({ image: 1 });
});

test('M8 M11 a ready group that cannot leave 666: the run tidies, and starts nothing', async () => {
  await using mill = await Mill.start();
  await mill.putGroup('444/', '20260101-2030');
  await mill.putGroup('555/', '20260102-2030');
  await mill.putGroup('666/', '20260103-2030');
  expect(await mill.run()).toMatchObject({ stop: 'stocked', failure: null, tasksProcessed: 0 });
  expect(mill.wire.seen).toEqual([]);
  expect(await mill.json(GENERATION)).toBeNull();
});

test('M8 M10 tidying comes first: what was published makes room, everything moves up, and a post is begun', async () => {
  await using mill = await Mill.start();
  await mill.putGroup('444/', '20260101-2030');
  await mill.putGroup('555/', '20260102-2030');
  await mill.putGroup('666/', '20260103-2030');
  await mill.put(PUBLIC, { processing_lock: false, generation_id: ['20260101-2030'] });
  expect(await mill.run()).toMatchObject({ stop: 'waiting', id: FIRST_ID });
  expect(await mill.objects('archive/')).toHaveLength(3);
  expect(await mill.objects('444/')).toContain('444/20260102-2030.mp4');
  expect(await mill.objects('555/')).toContain('555/20260103-2030.mp4');
  expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`]);
  expect((await mill.json(PUBLIC)).generation_id).toEqual([]);
});

test('M8 D6 a text that cannot be written ends the run; the next one finishes the same id', async () => {
  await using mill = await Mill.start();
  mill.sandbox.setFaults([{ provider: 'openai', skip: 2, action: { type: 'status', status: 500 } }]);
  expect(await mill.run()).toMatchObject({ stop: 'failed', id: FIRST_ID });
  expect(await mill.json(GENERATION)).toEqual({ generation_id: FIRST_ID });
  expect(await mill.objects('666/')).toEqual([]);
  mill.sandbox.setFaults([]);
  await mill.until('20:30');
  expect(await mill.run()).toMatchObject({ stop: 'waiting', id: FIRST_ID });
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('D6 a text that was saved before the run died is taken over, not written and paid again', async () => {
  await using mill = await millWith(AT_REST);
  const report = await mill.run();
  expect(report).toMatchObject({ stop: 'waiting', id: ID });
  expect(report.actions.map(({ action }) => action)).toContain('adopt-content');
  expect(mill.paid()).toEqual({ image: 1 });
  expect(await mill.json(`666/${ID}.json`)).toMatchObject(TEXT);
});

test('D6 M9 a post that is complete although config_gen still names it is finished, not made again', async () => {
  await using mill = await millWith(AT_REST);
  await mill.putGroup('666/', ID, ['png', 'mp4']);
  const report = await mill.run();
  expect(report.actions.map(({ event }) => event)).toContain('post-finished');
  expect(await mill.objects('444/')).toHaveLength(3);
  expect(await mill.json(GENERATION)).toEqual({ generation_id: FIRST_ID });
});
