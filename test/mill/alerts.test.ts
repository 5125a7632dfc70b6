/** What a channel’s owner hears, from whole runs with real clients to a receiver that speaks for chat services. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { startTestServer, type TestServer } from '../../src/adapters/http/test-server.ts';
import { openWatchers, runWatched } from '../../src/app/watched-run.ts';
import { ALERTS_KEY } from '../../src/domain/alerts.ts';
import type { RunParts, RunReport } from '../../src/runtime/run-channel.ts';
import { idOf } from '../support/channel-samples.ts';
import { quickRenderer } from '../support/quick-renderer.ts';
import { FIRST_ID, IMAGE, Mill, type MillOptions } from '../support/mill.ts';

let chat: TestServer;
let status = 200;
beforeEach(async () => {
  status = 200;
  chat = await startTestServer((response) => void response.writeHead(status).end('ok'));
});
afterEach(() => chat[Symbol.asyncDispose]());

const SECRET_PATH = '/services/T0/s3cret-path';

function channel(options: MillOptions = {}): Promise<Mill> {
  return Mill.start({
    ...options,
    config: { ALERTS: { name: 'clocks' }, ...options.config },
    variables: { ALERT_WEBHOOK_URL: `${chat.url}${SECRET_PATH}`, ...options.variables },
  });
}

/** As `reelmill run` does it: every run in a process of its own. */
async function run(
  mill: Mill,
  mode: 'main' | 'check' = 'main',
  signal?: AbortSignal,
  change: Partial<RunParts['context']> = {},
  observe: RunParts['observe'] = () => {},
): Promise<RunReport> {
  const parts = await mill.compose(signal);
  const earlier = mill.requests.length;
  const watchers = await openWatchers(
    { ...mill.surroundings, store: mill.store, clock: mill.clock },
    '0.0.0',
  );
  const quick = { ...parts, context: { ...parts.context, renderer: quickRenderer, ...change } };
  const report = await runWatched(quick, { mode, zeroDelay: false }, { ...watchers, observe });
  mill.requestsOfLastRun = mill.requests.slice(earlier);
  return report;
}

/** The alerts that arrived, as `title: cause`. */
const heard = (): string[] =>
  chat.seen.map(({ body }) => {
    const { cause, title } = JSON.parse(body) as { title: string; cause: string };
    return `${title}: ${cause}`;
  });

async function wholePost(mill: Mill): Promise<void> {
  expect((await run(mill)).stop).toBe('waiting');
  await mill.until('21:30');
  expect((await run(mill, 'check')).stop).toBe('task-done');
}

test('a day on which all goes well is a quiet one', async () => {
  await using mill = await channel();
  await wholePost(mill);
  await mill.until('01:30');
  await run(mill, 'check');
  expect(heard()).toEqual([]);
  expect(await mill.objects(ALERTS_KEY)).toEqual([]);
});

test('D2 an idle check with alerts makes two requests and writes nothing', async () => {
  await using mill = await channel();
  await wholePost(mill);
  const before = await mill.objects();
  await run(mill, 'check');
  expect(mill.requestsOfLastRun).toEqual(['get', 'get']);
  expect(await mill.objects()).toEqual(before);
});

test('a key that is refused for a week is one alert; a good run is the other', async () => {
  await using mill = await channel();
  mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 401 } }]);
  for (let day = 0; day < 7; day += 1) {
    expect((await run(mill)).failure?.code).toBe('provider_denied');
    await mill.until('21:30');
    await run(mill, 'check');
    await mill.until('20:30');
  }
  expect(heard()).toEqual(['The channel needs a hand: provider_denied:openai']);
  mill.sandbox.setFaults([]);
  expect((await run(mill)).stop).toBe('waiting');
  expect(heard().slice(1)).toEqual(['Over: the channel needs a hand: provider_denied:openai']);
  const over = JSON.parse(chat.seen[1]?.body ?? '');
  expect(over).toMatchObject({ channel: 'clocks', recovered: true });
  expect([over.since_utc.slice(0, 16), over.at_utc.slice(0, 16)]).toEqual([
    '2026-01-31T20:30',
    '2026-02-07T20:30',
  ]);
});

test('M6 a picture that nobody can be asked for is told, and over when it can', async () => {
  await using mill = await channel();
  await run(mill);
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'fetch', action: { type: 'status', status: 500 } },
  ]);
  await mill.until('21:30');
  expect((await run(mill, 'check')).stop).toBe('check-failed');
  mill.sandbox.setFaults([]);
  await mill.until('01:30');
  await run(mill, 'check');
  expect(heard()).toEqual([
    'A run failed: provider_unavailable:piapi',
    'Over: a run failed: provider_unavailable:piapi',
  ]);
});

test('S1 a damaged document needs a hand; an idle check in between does not call it mended', async () => {
  await using mill = await channel();
  await mill.put('config/config_gen.json', 'garbage');
  await run(mill);
  await run(mill, 'check');
  await run(mill);
  expect(heard()).toEqual(['The channel needs a hand: state_damaged:config/config_gen.json']);
  await mill.remove('config/config_gen.json');
  await run(mill);
  expect(heard()).toHaveLength(2);
});

test('M5 a result without a post needs a hand', async () => {
  await using mill = await channel();
  await mill.put(IMAGE, {
    midjourney_task: null,
    midjourney_results: { task_result: { image_url: 'https://example.com/1.png' } },
    generation: false,
    status: null,
  });
  await run(mill, 'check');
  await run(mill, 'check');
  expect(heard()).toEqual(['The channel needs a hand: no_active_post']);
});

test('a budget that stops it is told by its name, once, also when it stops it again', async () => {
  await using mill = await channel({ config: { ALERTS: { name: 'clocks' }, BUDGET: { per_day_usd: 0 } } });
  await run(mill);
  await mill.advance(60);
  await run(mill);
  await mill.until('20:30');
  await run(mill);
  expect(heard()).toEqual(['A budget stopped the run: budget:day']);
  expect(JSON.parse(chat.seen[0]?.body ?? '').text).toContain('BUDGET.per_day_usd');
});

test('I7 P6 a mock is told with its reason, of each post once; the real video that comes late ends it', async () => {
  await using mill = await channel({
    config: { ALERTS: { name: 'clocks' }, WORKFLOW: { runway_polling_timeout: 60 } },
  });
  await run(mill);
  await mill.until('21:30');
  // Nobody can say in this run that the video is finished; the next one can.
  mill.sandbox.setFaults([
    { provider: 'runway', operation: 'task', action: { type: 'status', status: 500 } },
  ]);
  expect((await run(mill, 'check')).stop).toBe('task-done');
  expect(heard()).toEqual([`A post was finished with a placeholder: mock:${FIRST_ID}`]);
  const told = JSON.parse(chat.seen[0]?.body ?? '');
  expect(told).toMatchObject({ id: idOf(FIRST_ID), kind: 'mock' });
  expect(told.text).toMatch(/\. If the real thing still comes before it is published, it takes its place\.$/);
  mill.sandbox.setFaults([]);
  await mill.until('01:30');
  await run(mill, 'check');
  expect(heard().slice(1)).toEqual([`Over: a post was finished with a placeholder: mock:${FIRST_ID}`]);
});

const READY_BY = { SCHEDULE: { ready_by: '08:00' } };

test('the dead man’s alert: told once when no post is ready by the hour, and that there is one again', async () => {
  await using mill = await channel({
    config: { ALERTS: { name: 'clocks' }, WORKFLOW: { mj_timeout_seconds: 604_800 }, ...READY_BY },
  });
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'imagine', action: { type: 'task-never-finishes' } },
  ]);
  // On its first day nothing could be ready yet: the last deadline was before it began.
  for (const time of ['21:30', '01:30', '07:59']) {
    await run(mill);
    await mill.until(time);
  }
  expect(heard()).toEqual([]);
  for (const time of ['08:00', '08:05', '20:30', '08:00']) {
    await mill.until(time);
    expect((await run(mill, 'check')).stop).toBe('waiting');
  }
  expect(heard()).toEqual(['No post is ready: late']);
  expect(JSON.parse(chat.seen[0]?.body ?? '').text).toContain('by 08:00 UTC each day');
  await mill.putGroup('444/', '20260130-2030');
  await run(mill, 'check');
  expect(heard().slice(1)).toEqual(['Over: no post is ready: late']);
});

test('M10 the dead man is silent while posts are ready, published and archived in time', async () => {
  await using mill = await channel({ config: { ALERTS: { name: 'clocks' }, ...READY_BY } });
  await wholePost(mill);
  await mill.until('08:00');
  await run(mill, 'check');
  await mill.put('config/config_public.json', { processing_lock: false, generation_id: [FIRST_ID] });
  await mill.until('20:30');
  // Archives it, and begins the next.
  expect((await run(mill)).stop).toBe('waiting');
  expect(await mill.objects('666/'), 'nothing whole lies anywhere now').toHaveLength(1);
  await mill.advance(60);
  await run(mill, 'check');
  expect(heard()).toEqual([]);
});

test('P6 a refused Runway key makes a mock of every post, and is one alert beside those of the mocks', async () => {
  await using mill = await channel({ sandbox: { imageSeconds: 0, videoSeconds: 0 } });
  const denied = { provider: 'runway', operation: 'image_to_video', action: { type: 'status', status: 401 } };
  mill.sandbox.setFaults([denied as never]);
  for (let day = 0; day < 2; day += 1) {
    expect(await run(mill)).toMatchObject({ stop: 'task-done', failure: null });
    await mill.until('20:30');
  }
  const needsHand = 'The channel needs a hand: provider_denied:runway';
  expect(heard().filter((told) => !told.includes('mock:'))).toEqual([needsHand]);
  // Nothing was ordered, so that nothing real can come.
  const mocks = chat.seen.map(({ body }) => JSON.parse(body)).filter(({ kind }) => kind === 'mock');
  expect(mocks).toHaveLength(2);
  for (const { text } of mocks) expect(text).not.toMatch(/still comes|\.\./);
  mill.sandbox.setFaults([]);
  expect((await run(mill)).stop).toBe('task-done');
  expect(heard().at(-1)).toBe(`Over: ${needsHand[0]?.toLowerCase()}${needsHand.slice(1)}`);
});

test.each([500, 404])(
  'a receiver that answers %i changes nothing of the run, and is tried again',
  async (broken) => {
    await using mill = await channel();
    mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 401 } }]);
    status = broken;
    const report = await run(mill);
    expect(report).toMatchObject({ stop: 'failed', failure: { code: 'provider_denied' } });
    expect(mill.complaints()).toContain('An alert could not be sent');
    status = 200;
    await run(mill, 'check');
    expect(heard()).toHaveLength(2);
    await run(mill, 'check');
    expect(heard()).toHaveLength(2);
  },
);

test('I8 neither the address nor a key is in a log, an alert or the store', async () => {
  await using mill = await channel({ variables: { OPENAI_API_KEY: 'sk-openai-marked' } });
  mill.sandbox.setFaults([
    {
      provider: 'openai',
      action: { type: 'status', status: 401, message: 'Incorrect key sk-openai-marked' },
    },
  ]);
  status = 500;
  await run(mill);
  const stored = await mill.text(ALERTS_KEY);
  const said = JSON.stringify([mill.logs, chat.seen.map(({ body }) => body), stored]);
  expect(said).toContain('Incorrect key [redacted]');
  expect(said).not.toMatch(/sk-openai-marked|s3cret-path/);
});

test('I8 a run that ends with a bug is told too, without a key, and the bug stays one', async () => {
  await using mill = await channel({ variables: { OPENAI_API_KEY: 'sk-openai-marked' } });
  const broken = () => Promise.reject(new TypeError('sk-openai-marked is not iterable'));
  const textModel = { provider: 'openai', model: 'gpt-4o', write: broken, fill: broken };
  await expect(run(mill, 'main', undefined, { textModel })).rejects.toThrow(/not iterable/);
  expect(heard()).toEqual(['A run failed: bug']);
  expect(chat.seen[0]?.body).toContain('[redacted] is not iterable');
  expect((await run(mill)).stop).toBe('waiting');
  expect(heard().slice(1)).toEqual(['Over: a run failed: bug']);
});

test('a run that is told to stop is no news', async () => {
  await using mill = await channel();
  const controller = new AbortController();
  controller.abort();
  await run(mill, 'main', controller.signal);
  expect(heard()).toEqual([]);
});

test('a run that was told to stop and had its post finished has shown that a cause is over', async () => {
  await using mill = await channel();
  await run(mill);
  mill.sandbox.setFaults([
    { provider: 'runway', operation: 'task', action: { type: 'status', status: 401 } },
  ]);
  await mill.until('21:30');
  expect(await run(mill, 'check')).toMatchObject({ failure: { code: 'provider_denied' } });
  expect(heard()).toEqual(['The channel needs a hand: provider_denied:runway']);
  mill.sandbox.setFaults([]);
  await mill.until('01:30');
  const controller = new AbortController();
  const finished = await run(mill, 'check', controller.signal, {}, (event) => {
    if (event.type === 'action-ended' && event.event === 'media-saved') controller.abort();
  });
  expect(finished).toMatchObject({ stop: 'task-done' });
  expect(heard().slice(1)).toEqual(['Over: the channel needs a hand: provider_denied:runway']);
});

test('half of a setting tells nobody, and the log names the other half', async () => {
  await using mill = await channel({
    config: { ALERTS: { telegram: { chat_id: '@clocks' }, email: { host: 'smtp.example.com', user: 'me' } } },
    variables: { ALERT_WEBHOOK_URL: undefined },
  });
  mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 401 } }]);
  await run(mill);
  expect(mill.complaints()).toEqual(
    expect.arrayContaining([
      'ALERTS.telegram.chat_id is set, but TELEGRAM_BOT_TOKEN is not.',
      'No alert can be sent by e-mail: ALERTS.email.to is empty; ALERTS.email.user is set, but SMTP_PASSWORD is not.',
    ]),
  );
  expect(await mill.objects(ALERTS_KEY)).toEqual([]);
});
