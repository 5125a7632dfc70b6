/** The lease is kept while things take long, one after the other, and a run waits for none of them without a bound. */
import { expect, test } from 'vitest';
import { failure, success } from '../../src/domain/failure.ts';
import { formatTimestamp } from '../../src/domain/timestamp.ts';
import { RENDER_SECONDS } from '../../src/domain/video-limits.ts';
import { changed } from '../support/changed.ts';
import { AT_REST, FIRST_ID, GENERATION, IMAGE, Mill, type Json } from '../support/mill.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

const POST = `666/${FIRST_ID}.json`;
/** Painted within the first run. */
const FAST = { imageSeconds: 1, videoSeconds: 1 };

/** Sixteen addresses instead of four. */
function withMore(answer: Json): Json {
  const [url] = answer.task_result.temporary_image_urls ?? [];
  if (url === undefined) return answer;
  const urls = Array.from({ length: 16 }, (_, index) => `${url}?${index}`);
  return { ...answer, task_result: { ...answer.task_result, temporary_image_urls: urls } };
}

/** Each download takes so many seconds; `works`: it then gives what it was asked for. */
function slowly(mill: Mill, seconds: number, works: boolean, asked: string[] = []) {
  return changed(({ downloads }) => ({
    downloads: {
      fetchFile: async (url, file, kind) => {
        asked.push(url);
        await mill.clock.sleep(seconds);
        return works
          ? downloads.fetchFile(url, file, kind)
          : failure('download_failed', 'no complete answer within 300 s');
      },
    },
  }));
}

test('I1 P4 four downloads that together outlast the lease are renewed in between, and the post is made', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  expect(await mill.run({ change: slowly(mill, 250, true) })).toMatchObject({
    stop: 'task-done',
    failure: null,
  });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
});

test('I4 P6 four downloads that fail after five minutes each are counted, and end in a mock after max_retries', async () => {
  await using mill = await Mill.start({ sandbox: FAST, config: { WORKFLOW: { max_retries: 1 } } });
  for (const mode of ['main', 'check'] as const)
    expect(await mill.run({ mode, change: slowly(mill, 299, false) })).toMatchObject({
      stop: 'failed',
      failure: { code: 'download_failed' },
    });
  expect((await mill.state()).image).toMatchObject({ picture_failures: 2 });
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('I6 I4 of sixteen slow addresses no more are waited for than a run has time for', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  mill.wire.middleman = (exchange, ask) =>
    exchange.path === '/mj/v2/fetch'
      ? ask().then(({ status, json }) => ({ status, json: withMore(json) }))
      : null;
  const asked: string[] = [];
  const before = mill.clock.now().getTime();
  expect(await mill.run({ change: slowly(mill, 299, false, asked) })).toMatchObject({
    failure: { code: 'download_failed' },
  });
  expect(asked).toHaveLength(4);
  expect((mill.clock.now().getTime() - before) / 1000).toBeLessThan(1_300);
  expect((await mill.state()).image).toMatchObject({ picture_failures: 1 });
});

test('I1 P5 a slow download of the video, slowly measured, does not outlast the lease', async () => {
  await using mill = await Mill.start({ sandbox: FAST, config: { WORKFLOW: { lease_seconds: 500 } } });
  const report = await mill.run({
    change: changed(({ downloads, renderer, videoTasks }) => ({
      videoTasks: {
        ...videoTasks,
        status: async (id) => (await mill.clock.sleep(119), videoTasks.status(id)),
      },
      downloads: {
        fetchFile: async (url, file, kind) => {
          if (kind === 'video') await mill.clock.sleep(299);
          return downloads.fetchFile(url, file, kind);
        },
      },
      renderer: {
        ...renderer,
        measureVideo: async (file) => (await mill.clock.sleep(119), renderer.measureVideo(file)),
      },
    })),
  });
  expect(report).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({ video: 'runway' });
});

test('I1 P2 a mock that is slowly rendered, and slowly measured, does not outlast the lease', async () => {
  await using mill = await Mill.start({ config: { WORKFLOW: { lease_seconds: 420 } } });
  await mill.put(GENERATION, { generation_id: FIRST_ID });
  await mill.put(IMAGE, { ...AT_REST, status: 'timed_out_mock_needed' });
  await mill.put(POST, { topic: 'Clocks', script: '', content: '' });
  const report = await mill.run({
    change: changed(({ renderer }) => ({
      renderer: {
        ...renderer,
        renderMockVideo: async (...call) => (
          await mill.clock.sleep(RENDER_SECONDS - 1),
          renderer.renderMockVideo(...call)
        ),
        measureVideo: async (file) => (await mill.clock.sleep(119), renderer.measureVideo(file)),
      },
    })),
  });
  expect(report).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({ video: 'mock' });
});

test('I1 P5 a pause of ten minutes between two questions does not use up the lease', async () => {
  await using mill = await Mill.start({
    sandbox: { ...FAST, videoSeconds: 1_000 },
    config: { WORKFLOW: { runway_polling_interval: 600, runway_polling_timeout: 1_800 } },
  });
  const report = await mill.run({
    change: changed(({ downloads, videoTasks }) => ({
      downloads: {
        // Nearly half of the term is gone when the pause begins, so that nothing was due to be renewed.
        fetchFile: async (url, file, kind) => {
          if (kind === 'picture') await mill.clock.sleep(100);
          return downloads.fetchFile(url, file, kind);
        },
      },
      videoTasks: {
        ...videoTasks,
        status: async (id) => (await mill.clock.sleep(119), videoTasks.status(id)),
      },
    })),
  });
  expect(report).toMatchObject({ stop: 'task-done', failure: null });
  expect(mill.wire.asked('runway', /^\/v1\/tasks\//)).toHaveLength(3);
});

test('I6 P5 a clock that is set back while the video is waited for does not prolong the wait', async () => {
  await using mill = await Mill.start({
    sandbox: { ...FAST, videoSeconds: 1e6 },
    config: { WORKFLOW: { runway_polling_interval: 15, runway_polling_timeout: 60 } },
  });
  let looks = 0;
  const back = (): number => (looks >= 3 ? 24 * 3_600_000 : 0);
  const report = await mill.run({
    change: changed(({ clock, videoTasks }) => ({
      clock: {
        now: () => new Date(clock.now().getTime() - back()),
        monotonicSeconds: () => clock.monotonicSeconds(),
        sleep: (seconds, signal) => clock.sleep(seconds, signal),
      },
      videoTasks: {
        ...videoTasks,
        status: async (id) => {
          looks += 1;
          return looks > 20 ? failure('provider_refused', 'asked too often') : videoTasks.status(id);
        },
      },
    })),
  });
  expect(looks).toBe(5);
  expect(report).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({ video: 'mock' });
});

test('I4 I7 many late tasks, each slow to be asked after, do not outlast the lease', async () => {
  await using mill = await Mill.start();
  const ids = Array.from({ length: 10 }, (_, index) => `20260131-10${index + 10}`);
  for (const id of ids) await mill.putGroup('666/', id);
  const requested_at_utc = formatTimestamp(mill.clock.now());
  const late_tasks = ids.map((id) => ({ kind: 'video', id, task_id: `task of ${id}`, requested_at_utc }));
  await mill.put(IMAGE, { ...AT_REST, late_tasks });
  const report = await mill.run({
    mode: 'check',
    change: changed(({ videoTasks }) => ({
      videoTasks: {
        ...videoTasks,
        status: async (taskId) => {
          await mill.clock.sleep(119);
          return taskId.endsWith(ids.at(-1) ?? '')
            ? success({ state: 'failed', reason: 'too dark', costUsd: null })
            : success({ state: 'pending', status: 'RUNNING', progress: null });
        },
      },
    })),
  });
  expect(report).toMatchObject({ failure: null });
  expect(report.actions).toContainEqual({ action: 'check-late', event: 'late-task-dropped' });
  expect((await mill.state()).image.late_tasks).toHaveLength(9);
});

test('I5 I4 the files of a mock that stays are looked at without losing the lease, however slowly they come', async () => {
  const slow: { wait?: () => Promise<void> } = {};
  await using mill = await Mill.start({
    throughStore: (store) =>
      wrappedStore(store, {
        getFile: async (key, file, maxBytes) => {
          await slow.wait?.();
          return store.getFile(key, file, maxBytes);
        },
      }),
  });
  slow.wait = () => mill.clock.sleep(350);
  await mill.putGroup('666/', FIRST_ID);
  await mill.put(GENERATION, { generation_id: FIRST_ID });
  await mill.put(IMAGE, {
    ...AT_REST,
    midjourney_results: { task_result: { image_urls: ['https://a.example/1.png'] } },
    picture_failures: 4,
    replacing_mock: true,
  });
  const report = await mill.run({ mode: 'check' });
  expect(report).toMatchObject({ failure: null });
  expect(report.actions[0]).toEqual({ action: 'keep-mock', event: 'image-given-up' });
});
