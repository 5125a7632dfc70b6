/** A video that is paid for, and a Runway key that is missing or refused when it is asked after. */
import { expect, test } from 'vitest';
import { AT_REST, FIRST_ID, GENERATION, IMAGE, Mill } from '../support/mill.ts';

const POST = `666/${FIRST_ID}.json`;
const PAID = { text: 5, image: 1, vision: 1, video: 1 };

/** Whose video was ordered, and is asked after by the next run. */
async function millWithVideo(): Promise<Mill> {
  const mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 600 } });
  const stop = new AbortController();
  await mill.run({
    signal: stop.signal,
    onAction: (type) => {
      if (type === 'await-video') stop.abort();
    },
  });
  expect((await mill.state()).image.video_task).toMatchObject({ task_id: expect.any(String) as unknown });
  return mill;
}

/** Takes the key away, or lets Runway refuse it; gives what puts it right again. */
const BROKEN_KEYS = [
  [
    'is missing',
    'secret_missing',
    'RUNWAY_API_KEY is not set',
    (mill: Mill) => {
      const { environment } = mill.surroundings;
      Object.assign(mill.surroundings, { environment: { ...environment, runwayApiKey: null } });
      return () => void Object.assign(mill.surroundings, { environment });
    },
  ],
  ...[401, 403].map(
    (status) =>
      [
        `is refused with ${status}`,
        'provider_denied',
        `HTTP ${status}`,
        (mill: Mill) => {
          mill.wire.middleman = async (exchange, ask) =>
            exchange.provider === 'runway' ? { status, json: { error: 'no such key' } } : ask();
          return () => void (mill.wire.middleman = () => null);
        },
      ] as const,
  ),
] as const;

test.each(BROKEN_KEYS)(
  'P6 I3 when the key %s, the run fails with that reason, and the next one with the right key fetches the paid video',
  async (_name, code, said, breakKey) => {
    await using mill = await millWithVideo();
    const mend = breakKey(mill);
    await mill.advance(4_000);
    const before = await mill.text(IMAGE);
    const report = await mill.run({ mode: 'check' });
    expect(report).toMatchObject({ stop: 'failed', failure: { code, retry: 'human' } });
    expect(report.failure?.message).toContain(said);
    expect(await mill.text(IMAGE)).toBe(before);
    expect(await mill.objects(`666/${FIRST_ID}.mp4`)).toEqual([]);
    mend();
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
    expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
    expect(mill.paid()).toEqual(PAID);
  },
);

test.each(BROKEN_KEYS)(
  'P6 I4 when the key %s for longer than Runway keeps a video, the post gets a mock that says so, and the channel goes on',
  async (_name, _code, said, breakKey) => {
    await using mill = await millWithVideo();
    const mend = breakKey(mill);
    await mill.advance(47 * 3_600);
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'failed' });
    await mill.advance(2 * 3_600);
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
    const { media } = await mill.json(POST);
    expect(media).toMatchObject({ image: 'midjourney', video: 'mock' });
    expect(media.reason).toContain('ordered over 48 hours ago');
    expect(media.reason).toContain(said);
    expect(await mill.json(IMAGE)).toEqual(AT_REST);
    expect(await mill.json(GENERATION)).toEqual({ generation_id: null });
    mend();
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'nothing-active' });
    expect(mill.paid()).toEqual(PAID);
  },
);

test.each(BROKEN_KEYS)(
  'D7 P6 I4 when the key %s, a mock that is being replaced waits for nobody, and its paid video comes when the key is mended',
  async (_name, _code, said, breakKey) => {
    await using mill = await Mill.start({ sandbox: { imageSeconds: 25 * 3_600, videoSeconds: 600 } });
    await mill.run();
    for (const hours of [24, 0, 2]) {
      await mill.advance(hours * 3_600);
      const stop = new AbortController();
      const onAction = (type: string): void => {
        if (type === 'await-video') stop.abort();
      };
      await mill.run({ mode: 'check', signal: stop.signal, onAction });
    }
    expect((await mill.state()).image.video_task).toMatchObject({ task_id: expect.any(String) as unknown });
    const mend = breakKey(mill);
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'nothing-active', failure: null });
    const { media } = await mill.json(POST);
    expect(media).toMatchObject({ image: 'midjourney', video: 'mock' });
    expect(media.reason).toContain(said);
    mend();
    await mill.advance(3_600);
    await mill.run({ mode: 'check' });
    expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
    expect(mill.paid()).toEqual(PAID);
  },
);

test('P6 I3 a key that is mended after Runway has forgotten the video ends in a mock, not in a second order', async () => {
  await using mill = await millWithVideo();
  await mill.advance(30 * 3_600);
  mill.wire.middleman = async (exchange, ask) =>
    exchange.method === 'GET' && exchange.provider === 'runway'
      ? { status: 404, json: { error: 'Not found' } }
      : ask();
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({
    video: 'mock',
    reason: expect.stringContaining('no longer knows this task') as unknown,
  });
  expect(mill.paid()).toEqual(PAID);
});

test('M10 D8 a refused key holds up neither what was published nor what is finished', async () => {
  await using mill = await millWithVideo();
  BROKEN_KEYS[1]?.[3](mill);
  await mill.putGroup('444/', '20260101-2030');
  await mill.putGroup('555/', '20260102-2030');
  await mill.put('config/config_public.json', { processing_lock: false, generation_id: ['20260101-2030'] });
  await mill.until('20:30');
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'provider_denied' } });
  expect(await mill.objects('archive/')).toHaveLength(3);
  expect(await mill.objects('444/')).toContain('444/20260102-2030.json');
  // The state is in the middle of this one, and looks for it here.
  expect(await mill.objects('666/')).toContain(POST);
});

test('R2 a post that is finished while the run is told to stop is the run’s post, and no second one is owed', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 0 } });
  const stop = new AbortController();
  const onAction = (type: string): void => {
    if (type === 'await-video') stop.abort();
  };
  expect(await mill.run({ signal: stop.signal, onAction })).toMatchObject({ stop: 'task-done' });
});
