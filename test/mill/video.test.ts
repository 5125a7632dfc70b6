/** The video of a post, the mock that stands in for it, and how both files reach the store. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, expect, test, vi } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import type { VideoFacts } from '../../src/ports/renderer.ts';
import { AT_REST, clip, FIRST_ID, IMAGE, Mill, smallMedia, valueOf, type Json } from '../support/mill.ts';
import { quickRenderer } from '../support/quick-renderer.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

const POST = `666/${FIRST_ID}.json`;
const PICTURE = `666/${FIRST_ID}.png`;
const VIDEO = `666/${FIRST_ID}.mp4`;
const FAST = { imageSeconds: 1 };

afterEach(() => vi.unstubAllEnvs());

/** Measures what a publisher would be given. */
async function measured(mill: Mill) {
  const folder = await mkdtemp(join(tmpdir(), 'reelmill-test-'));
  try {
    const file = join(folder, 'video.mp4');
    valueOf(await mill.store.getFile(VIDEO, file, 100_000_000));
    return valueOf(await quickRenderer.measureVideo(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('P5 the video is ordered with the stored picture as a data URI, the cleaned script, and the configured values', async () => {
  await using mill = await Mill.start({
    sandbox: FAST,
    config: {
      API_KEYS: { runwayml: { model_name: 'gen4.5' } },
      VIDEO: { runway_ratio: '720:1280', runway_duration: 5 },
    },
    variables: { RUNWAY_API_KEY: 'the-runway-key' },
  });
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.provider !== 'openai' || !JSON.stringify(exchange.json).includes('"script"')) return null;
    return ask().then(({ status, json }) => {
      const [choice] = (json as Json).choices;
      const scene = {
        ...JSON.parse(choice.message.content),
        script: '  The hands\n\n\tturn.   Slowly. \r\n',
      };
      const message = { ...choice.message, content: JSON.stringify(scene) };
      return { status, json: { ...(json as Json), choices: [{ ...choice, message }] } };
    });
  };
  await mill.run();
  const [order, ...others] = mill.wire.asked('runway', '/v1/image_to_video');
  expect(others).toEqual([]);
  expect(order?.headers['authorization']).toBe('Bearer the-runway-key');
  const { promptImage, ...rest } = order?.json ?? {};
  expect(rest).toEqual({
    model: 'gen4.5',
    promptText: 'The hands turn. Slowly.',
    ratio: '720:1280',
    duration: 5,
  });
  const [, encoded] = /^data:image\/jpeg;base64,(.+)$/.exec(promptImage) ?? [];
  const { width, height } = await sharp(Buffer.from(encoded ?? '', 'base64')).metadata();
  expect([width, height]).toEqual([128, 72]);
});

test('P5 a script over Runway’s 1000 characters is sent within the limit', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  await mill.put('config/config_gen.json', { generation_id: FIRST_ID });
  await mill.put(IMAGE, { ...AT_REST, generation: true });
  const script = 'The hands of the clock turn once more. '.repeat(60);
  await mill.put(POST, { topic: 'Clocks', script, first_frame_description: 'A clock.' });
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  const sent: string = mill.wire.asked('runway', '/v1/image_to_video')[0]?.json.promptText;
  expect(sent.length).toBeLessThanOrEqual(1_000);
  expect(sent.endsWith('.')).toBe(true);
  expect((await mill.json(POST)).media.video).toBe('runway');
});

test('P5 S4 the task is stored before it is asked after, and asked every runway_polling_interval', async () => {
  await using mill = await Mill.start({
    sandbox: { ...FAST, videoSeconds: 100 },
    config: { WORKFLOW: { runway_polling_interval: 20, runway_polling_timeout: 300 } },
  });
  const stored: Json[] = [];
  mill.wire.middleman = (exchange, ask) =>
    exchange.provider === 'runway' && exchange.method === 'GET'
      ? mill.json(IMAGE).then((image) => (stored.push(image.video_task), ask()))
      : null;
  await mill.run();
  const looks = mill.wire.asked('runway', /^\/v1\/tasks\//);
  const pauses = looks
    .slice(1)
    .map(({ at }, index) => (at.getTime() - (looks[index]?.at.getTime() ?? 0)) / 1000);
  expect(pauses).toEqual([20, 20, 20, 20, 20]);
  const { taskId } = mill.ledger.find(({ kind }) => kind === 'video') ?? {};
  expect(stored).toHaveLength(6);
  for (const task of stored) expect(task).toMatchObject({ task_id: taskId });
  expect((await mill.json(POST)).media).toMatchObject({ video: 'runway', video_task_id: taskId });
});

test('P5 a run that ends while the video is made is followed by one that fetches that very video', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  const stop = new AbortController();
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.provider === 'runway' && exchange.method === 'GET') stop.abort();
    return ask();
  };
  expect(await mill.run({ signal: stop.signal })).toMatchObject({ stop: 'interrupted', failure: null });
  expect((await mill.state()).image).toMatchObject({ video_task: {}, picture: { source: 'midjourney' } });
  await mill.advance(3_600);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
  expect((await mill.json(POST)).media.video).toBe('runway');
});

const NO_VIDEO: readonly [string, Json, number][] = [
  [
    'Runway refuses the order',
    { provider: 'runway', operation: 'image_to_video', action: { type: 'status', status: 400 } },
    0,
  ],
  [
    'Runway has no credit left',
    { provider: 'runway', operation: 'image_to_video', action: { type: 'status', status: 402 } },
    0,
  ],
  [
    'the task fails',
    { provider: 'runway', action: { type: 'task-fails', reason: 'too dark', code: 'INTERNAL.BAD' } },
    1,
  ],
  ['the task never finishes', { provider: 'runway', action: { type: 'task-never-finishes' } }, 1],
  ['the task ends without an address', { provider: 'runway', action: { type: 'no-urls' } }, 1],
  ['the file is an HTML page', { provider: 'files', operation: 'video', action: { type: 'html-file' } }, 1],
  ['the file is cut', { provider: 'files', operation: 'video', action: { type: 'truncate-file' } }, 1],
  ['the file is empty', { provider: 'files', operation: 'video', action: { type: 'empty-file' } }, 1],
  ['the file announces 50 GB', { provider: 'files', operation: 'video', action: { type: 'huge-length' } }, 1],
];

test.each(NO_VIDEO)(
  'P6 D11 when %s, a mock video of the real picture is made, and the post says why',
  async (_name, fault, paid) => {
    await using mill = await Mill.start({ sandbox: { ...FAST, faults: [fault] } });
    const report = await mill.run();
    expect(report).toMatchObject({ stop: 'task-done', failure: null, tasksProcessed: 1 });
    expect(await mill.objects('666/')).toEqual([POST, VIDEO, PICTURE]);
    const { media } = await mill.json(POST);
    expect(media).toMatchObject({ image: 'midjourney', video: 'mock' });
    expect(media.reason.length).toBeGreaterThan(5);
    expect(media).not.toHaveProperty('video_task_id');
    expect(mill.paid()['video'] ?? 0).toBe(paid);
    expect(await measured(mill)).toMatchObject({ width: 128, height: 72, fps: 8, codec: 'avc', frames: 8 });
    const image = (await mill.state()).image;
    expect(image).toMatchObject(AT_REST);
    expect(image).not.toHaveProperty('video_task');
  },
);

const WRONG_CLIPS = [
  ['ends too early', { duration: 3 }, 'ends after 3.0 s'],
  ['goes on for too long', { duration: 11.1 }, 'lasts 11.1 s'],
  ['lies on its side', { width: 72, height: 128 }, 'is 72×128'],
  ['is cut to a square', { width: 128, height: 128 }, 'is 128×128'],
  ['is a still', { fps: 0.5 }, 'has 0.50 frames'],
  ['flickers past', { fps: 240 }, 'has 240.00 frames'],
  ['is neither H.264 nor HEVC', { codec: 'vp9' }, 'is vp9'],
] as const;

test.each(WRONG_CLIPS)(
  'P5 P6 I6 a Runway video that %s gives way to a mock, for good: asked for again, it would be the same',
  async (_name, wrong, said) => {
    await using mill = await clipOfTenSeconds();
    expect(await mill.run(measuredAs(wrong))).toMatchObject({ stop: 'task-done', failure: null });
    const { media } = await mill.json(POST);
    expect(media).toMatchObject({ image: 'midjourney', video: 'mock' });
    expect(media.reason).toContain(said);
    expect(await measured(mill)).toMatchObject({ frames: 8 });
    // I8: nor does the post hold the address, which opens the file to whoever reads it.
    expect(JSON.stringify(media)).not.toContain('http');
    expect((await mill.state()).image.late_tasks).toBeUndefined();
  },
);

const GOOD_CLIPS = [
  ['is HEVC', { codec: 'hevc' }],
  ['is a little longer', { duration: 10.9 }],
  ['has its sides rounded to blocks', { width: 128, height: 70 }],
  ['has a frame a second', { fps: 1 }],
] as const;

test.each(GOOD_CLIPS)('P5 a Runway video that %s is the post’s video', async (_name, found) => {
  await using mill = await clipOfTenSeconds();
  await mill.run(measuredAs(found));
  expect((await mill.json(POST)).media).toMatchObject({ video: 'runway' });
});

function clipOfTenSeconds(): Promise<Mill> {
  return Mill.start({ sandbox: FAST, config: { VIDEO: { runway_duration: 10 } } });
}

/** Only the fetched file is found to be other than it is; the mock, which is shorter, is measured as it is. */
function measuredAs(found: Partial<VideoFacts>): Parameters<Mill['run']>[0] {
  const measureVideo: typeof quickRenderer.measureVideo = async (file) => {
    const facts = await quickRenderer.measureVideo(file);
    return facts.ok && facts.value.duration > 5 ? { ok: true, value: { ...facts.value, ...found } } : facts;
  };
  return {
    change: (parts) => ({
      ...parts,
      context: { ...parts.context, renderer: { ...quickRenderer, measureVideo } },
    }),
  };
}

test('P6 a file that arrives whole and does not play to its end counts as a failed download', async () => {
  const media = {
    ...smallMedia(),
    drawVideo: async (file: string, _prompt: string, seconds: number) => {
      const whole = await readFile(await clip(seconds));
      await writeFile(file, whole.subarray(0, Math.floor(whole.length * 0.7)));
    },
  };
  await using mill = await Mill.start({ sandbox: { ...FAST, media } });
  expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'mock' });
  expect(await measured(mill)).toMatchObject({ frames: 8 });
  expect((await mill.state()).image.late_tasks).toMatchObject([{ kind: 'video', id: FIRST_ID }]);
});

test('P6 the polling stops at runway_polling_timeout', async () => {
  await using mill = await Mill.start({
    sandbox: { ...FAST, faults: [{ provider: 'runway', action: { type: 'task-never-finishes' } }] },
    config: { WORKFLOW: { runway_polling_interval: 15, runway_polling_timeout: 60 } },
  });
  const before = mill.clock.now().getTime();
  expect((await mill.run()).stop).toBe('task-done');
  expect(mill.wire.asked('runway', /^\/v1\/tasks\//)).toHaveLength(5);
  expect((mill.clock.now().getTime() - before) / 1000).toBeLessThan(90);
});

test('P6 an order whose answer was lost is repeated once, and never a third time', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  mill.sandbox.setFaults([
    { provider: 'runway', operation: 'image_to_video', action: { type: 'lose-answer' } },
  ]);
  for (let runs = 0; runs < 3; runs += 1) await mill.run({ mode: runs === 0 ? 'main' : 'check' });
  expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 2 });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'mock' });
});

test('P6 no video at all is an error: the state is not cleared, and a later run makes it good', async () => {
  await using mill = await Mill.start({
    sandbox: { ...FAST, faults: [{ provider: 'runway', action: { type: 'task-fails' } }] },
  });
  const withoutMock: Parameters<Mill['run']>[0] = {
    change: (parts) => ({
      ...parts,
      context: {
        ...parts.context,
        renderer: {
          ...parts.context.renderer,
          renderMockVideo: async () => failure('render_failed', 'the encoder crashed', {}),
        },
      },
    }),
  };
  expect(await mill.run(withoutMock)).toMatchObject({ stop: 'failed', failure: { code: 'render_failed' } });
  const { image, generation } = await mill.state();
  expect(image).toMatchObject({ picture: {}, video_failure: expect.stringContaining('failed') });
  expect(generation).toEqual({ generation_id: FIRST_ID });
  expect(await mill.objects('666/')).toEqual([POST, PICTURE]);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
});

const WRONG_MOCKS = [
  ['lasts too long', { duration: 1.12 }, 'lasts 1.12 s'],
  ['has another size', { width: 126 }, 'is 126×72'],
  ['has another rate', { fps: 12 }, 'has 12.00 frames'],
  ['is no H.264', { codec: 'vp9' }, 'is vp9'],
] as const;

test.each(WRONG_MOCKS)(
  'P2 P6 a mock video that %s does not leave: nothing is stored under its name, and the state stays',
  async (_name, wrong, said) => {
    await using mill = await Mill.start();
    await mill.put('config/config_gen.json', { generation_id: FIRST_ID });
    await mill.put(IMAGE, { ...AT_REST, status: 'timed_out_mock_needed' });
    await mill.put(POST, { topic: 'Clocks', script: '', content: '' });
    const measureVideo: typeof quickRenderer.measureVideo = async (file) => {
      const facts = await quickRenderer.measureVideo(file);
      return facts.ok ? { ok: true, value: { ...facts.value, ...wrong } } : facts;
    };
    const report = await mill.run({
      change: (parts) => ({
        ...parts,
        context: { ...parts.context, renderer: { ...quickRenderer, measureVideo } },
      }),
    });
    expect(report).toMatchObject({ stop: 'failed', failure: { code: 'video_invalid' } });
    expect(report.failure?.message).toContain(said);
    expect(await mill.objects('666/')).not.toContain(VIDEO);
    expect((await mill.state()).image.status).toBe('timed_out_mock_needed');
  },
);

test('P6 the length of a mock video is the configured one, however few frames it has', async () => {
  await using mill = await Mill.start({ config: { VIDEO: { mock_duration: 1, mock_fps: 1 } } });
  await mill.put('config/config_gen.json', { generation_id: FIRST_ID });
  await mill.put(IMAGE, { ...AT_REST, status: 'timed_out_mock_needed' });
  await mill.put(POST, { topic: 'Clocks', script: '', content: '' });
  const measureVideo: typeof quickRenderer.measureVideo = async (file) => {
    const facts = await quickRenderer.measureVideo(file);
    return facts.ok ? { ok: true, value: { ...facts.value, duration: 1.4 } } : facts;
  };
  const report = await mill.run({
    change: (parts) => ({
      ...parts,
      context: { ...parts.context, renderer: { ...quickRenderer, measureVideo } },
    }),
  });
  expect(report).toMatchObject({ stop: 'failed', failure: { code: 'video_invalid' } });
  expect(report.failure?.message).toContain('lasts 1.40 s instead of 1 s');
  expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
  expect(await measured(mill)).toMatchObject({ frames: 1, duration: 1 });
});

const BAD_UPLOADS = [
  ['is refused', PICTURE],
  ['is refused', VIDEO],
  ['arrives short', PICTURE],
  ['arrives short', VIDEO],
] as const;

test.each(BAD_UPLOADS)(
  'P7 an upload that %s (%s) keeps the state, and the next run finishes without paying again',
  async (how, key) => {
    let broken = true;
    await using mill = await Mill.start({
      sandbox: FAST,
      throughStore: (store) =>
        wrappedStore(store, {
          put: async (to, source, options) => {
            if (!broken || to !== key) return store.put(to, source, options);
            if (how === 'is refused')
              return failure('store_unavailable', 'the disk is full', { key: to }, { effect: 'refused' });
            return store.put(to, { bytes: Uint8Array.of(1, 2, 3) }, options);
          },
        }),
    });
    const report = await mill.run();
    expect(report).toMatchObject({
      stop: 'failed',
      failure: { code: 'store_unavailable' },
      tasksProcessed: 0,
    });
    const { image, generation } = await mill.state();
    expect(generation).toEqual({ generation_id: FIRST_ID });
    expect(image.midjourney_results).not.toEqual({});
    expect((await mill.json(POST)).media?.video).toBeUndefined();
    broken = false;
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
    expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
    expect((await mill.state()).image).toEqual(AT_REST);
  },
);

test('P7 the state is cleared after both files are in the store, and the journal knows their hashes', async () => {
  await using mill = await Mill.start({ sandbox: { ...FAST, videoSeconds: 1 } });
  let beforeVideo: string[] = [];
  const states: Json[] = [];
  await mill.run({
    change: (parts) => {
      const { store } = parts.context;
      const watched = wrappedStore(store, {
        put: async (key, source, options) => {
          if (key === VIDEO) states.push(await mill.json(IMAGE));
          return store.put(key, source, options);
        },
      });
      return { ...parts, context: { ...parts.context, store: watched } };
    },
    onAction: async (type) => {
      if (type === 'await-video') beforeVideo = await mill.objects('666/');
    },
  });
  expect(beforeVideo).toEqual([POST, PICTURE]);
  expect(states[0].midjourney_results).not.toEqual({});
  const { entries } = await mill.json(`journal/${FIRST_ID}.json`);
  const files = entries.filter(({ type }: Json) => type === 'file');
  expect(files.map(({ key }: Json) => key)).toEqual([POST, PICTURE, POST, VIDEO, POST]);
  for (const key of [POST, PICTURE, VIDEO]) {
    const { bytes, sha256 } = files.findLast((file: Json) => file.key === key);
    const body = await mill.bytes(key);
    const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(body));
    expect(bytes).toBe(body.length);
    expect(sha256).toBe(Buffer.from(digest).toString('hex'));
  }
});

test('P8 no file is left in the temporary folder after a good run, a failed one, and one that throws', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reelmill-test-'));
  vi.stubEnv('TMPDIR', folder);
  try {
    const during: string[][] = [];
    const look = async (): Promise<void> => void during.push(await readdir(folder));
    for (const kind of ['good', 'failed', 'throws'] as const) {
      await using mill = await Mill.start({ sandbox: { ...FAST, videoSeconds: 1 } });
      const before = await readdir(folder);
      const run = mill.run({
        change: (parts) => ({
          ...parts,
          context: {
            ...parts.context,
            renderer: {
              ...parts.context.renderer,
              fitPicture: async (...call) => {
                await look();
                if (kind === 'throws') throw new Error('a bug');
                if (kind === 'failed') return failure('render_failed', 'no memory', {});
                return parts.context.renderer.fitPicture(...call);
              },
            },
          },
        }),
      });
      await run.catch((error: Error) => expect(error.message).toBe('a bug'));
      expect(
        (await readdir(folder)).filter((name) => !name.startsWith('reelmill-test-clip')),
        kind,
      ).toEqual(before);
    }
    expect(during.flat().filter((name) => name.startsWith('reelmill-work-')).length).toBeGreaterThanOrEqual(
      3,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('D11 P2 the placeholder is drawn here, shows the topic and no error, and asks no network', async () => {
  await using mill = await Mill.start();
  await mill.put('config/config_gen.json', { generation_id: FIRST_ID });
  await mill.put(IMAGE, { ...AT_REST, status: 'timed_out_mock_needed' });
  await mill.put(POST, { topic: { full_topic: 'A clock that ran backwards' }, script: '', content: '' });
  const cards: Json[] = [];
  await mill.run({
    change: (parts) => ({
      ...parts,
      context: {
        ...parts.context,
        renderer: {
          ...parts.context.renderer,
          drawPlaceholder: (output, card) => {
            cards.push(card);
            return parts.context.renderer.drawPlaceholder(output, card);
          },
        },
      },
    }),
  });
  expect(cards).toEqual([
    {
      topic: 'A clock that ran backwards',
      size: { width: 128, height: 72 },
      backgroundColor: 'cccccc',
      textColor: '333333',
    },
  ]);
  const { width, height, format } = await sharp(await mill.bytes(PICTURE)).metadata();
  expect({ width, height, format }).toEqual({ width: 128, height: 72, format: 'png' });
  expect(await measured(mill)).toMatchObject({ frames: 8, codec: 'avc' });
  expect(mill.wire.seen).toEqual([]);
});

test('D11 the post’s media tell a publisher what is real, with the tasks that made it', async () => {
  await using mill = await Mill.start({ sandbox: { ...FAST, videoSeconds: 1 } });
  await mill.run();
  const [image, video] = ['image', 'video'].map(
    (kind) => mill.ledger.find((entry) => entry.kind === kind)?.taskId,
  );
  expect((await mill.json(POST)).media).toEqual({
    image: 'midjourney',
    image_task_id: image,
    video: 'runway',
    video_task_id: video,
  });
});

test('I4 I6 a task or a pause dated years ahead, by whatever hand, is not waited for', async () => {
  const AHEAD = '2036-01-31T20:30:00.000000+00:00';
  await using mill = await Mill.start({
    sandbox: { ...FAST, faults: [{ provider: 'runway', action: { type: 'task-never-finishes' } }] },
  });
  const controller = new AbortController();
  await mill.run({
    signal: controller.signal,
    onAction: (type) => {
      if (type === 'await-video') controller.abort();
    },
  });
  const image = await mill.json(IMAGE);
  expect(image.video_task.task_id).toBeTruthy();
  await mill.put(IMAGE, { ...image, video_task: { ...image.video_task, requested_at_utc: AHEAD } });
  const before = mill.clock.now().getTime();
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect((mill.clock.now().getTime() - before) / 1000).toBeLessThan(400);
  expect((await mill.json(POST)).media).toMatchObject({ video: 'mock' });

  // The same for the picture: its task counts from now, its pause is over.
  await using other = await Mill.start({
    sandbox: { faults: [{ provider: 'piapi', action: { type: 'task-never-finishes' } }] },
  });
  await other.run();
  const task = await other.json(IMAGE);
  const ahead = { ...task.midjourney_task, requested_at_utc: AHEAD };
  await other.put(IMAGE, { ...task, midjourney_task: ahead });
  await other.advance(3_600);
  expect(await other.run({ mode: 'check' })).toMatchObject({ stop: 'waiting' });
  await other.advance(18_001);
  expect(await other.run({ mode: 'check' })).toMatchObject({ stop: 'timed-out' });
  await other.put(IMAGE, { ...AT_REST, generation: true, attempts: 1, retry_after_utc: AHEAD });
  expect(await other.run({ mode: 'check' })).toMatchObject({ stop: 'waiting' });
});
