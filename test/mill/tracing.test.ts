/** Traces of whole runs, as a collector receives them. */
import { expect, test } from 'vitest';

import { openWatchers, runWatched } from '../../src/app/watched-run.ts';
import type { RunReport } from '../../src/runtime/run-channel.ts';
import { startCollector, type Collector } from '../support/collector.ts';
import { quickRenderer } from '../support/quick-renderer.ts';
import { FIRST_ID, Mill } from '../support/mill.ts';

const HEADERS = 'x-team=mill,authorization=Bearer%20t0ken-marked';

function channel(collector: Collector, variables: Record<string, string> = {}): Promise<Mill> {
  return Mill.start({
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: HEADERS,
      ...variables,
    },
  });
}

async function run(mill: Mill, mode: 'main' | 'check' = 'main'): Promise<RunReport> {
  const parts = await mill.compose();
  const whole = { ...mill.surroundings, store: mill.store, clock: mill.clock };
  const watchers = await openWatchers(whole, '1.2.3');
  const quick = { ...parts, context: { ...parts.context, renderer: quickRenderer } };
  const report = await runWatched(quick, { mode, zeroDelay: false }, watchers);
  await watchers.tracer?.close();
  return report;
}

test('a run is a trace: a span for the run, one for each step, one for each call to a provider', async () => {
  await using collector = await startCollector();
  await using mill = await channel(collector);
  await run(mill);
  const spans = collector.spans();
  expect(spans.map(({ name, parent }) => `${parent ?? ''} > ${name}`)).toEqual([
    ' > reelmill.run',
    'reelmill.run > step tidy',
    'reelmill.run > step mint-id',
    'reelmill.run > step write-content',
    ...Array.from({ length: 5 }, () => 'step write-content > openai text'),
    'reelmill.run > step request-image',
    'step request-image > piapi imagine',
    'reelmill.run > step check-image',
    'step check-image > piapi status',
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(spans[0]).toMatchObject({
    kind: 1,
    attributes: {
      'reelmill.run.mode': 'main',
      'reelmill.run.stop': 'waiting',
      'reelmill.run.posts': 0,
      'reelmill.post': FIRST_ID,
    },
    resource: { 'service.name': 'reelmill', 'service.version': '1.2.3' },
    status: { code: 0 },
  });
  const texts = spans.filter(({ name }) => name === 'openai text');
  expect(texts.map(({ attributes }) => attributes['reelmill.stage'])).toEqual([
    'topic',
    'text',
    'comment',
    'poll',
    'scene',
  ]);
  expect(texts[0]).toMatchObject({
    kind: 3,
    attributes: { 'reelmill.provider': 'openai', 'reelmill.model': 'gpt-4o' },
  });
  expect(Number(texts[0]?.attributes['gen_ai.usage.input_tokens'])).toBeGreaterThan(0);
});

test('the run that finishes a post shows downloads, judge and video', async () => {
  await using collector = await startCollector();
  await using mill = await channel(collector);
  await run(mill);
  await mill.until('21:30');
  expect((await run(mill, 'check')).stop).toBe('task-done');
  const named = collector.spans().map(({ name, parent }) => `${parent ?? ''} > ${name}`);
  for (const call of [
    'step choose-picture > download picture',
    'step choose-picture > openai judge',
    'step request-video > runway video',
    'step await-video > runway status',
    'step await-video > download video',
  ])
    expect(named).toContain(call);
  expect(new Set(collector.spans().map(({ traceId }) => traceId)).size, 'two runs').toBe(2);
});

test('the headers of the environment go along, decoded', async () => {
  await using collector = await startCollector();
  await using mill = await channel(collector);
  await run(mill, 'check');
  expect(collector.server.seen[0]).toMatchObject({
    method: 'POST',
    path: '/v1/traces',
    headers: { 'x-team': 'mill', authorization: 'Bearer t0ken-marked', 'content-type': 'application/json' },
  });
});

test('I8 a failure is told on call, step and run, and no key and no text of a post is in a span', async () => {
  await using collector = await startCollector();
  await using mill = await channel(collector, { OPENAI_API_KEY: 'sk-marked-key' });
  mill.sandbox.setFaults([
    {
      provider: 'openai',
      skip: 2,
      action: { type: 'status', status: 401, message: 'Bad key sk-marked-key' },
    },
  ]);
  await run(mill);
  const failed = collector.spans().filter(({ status }) => status.code === 2);
  expect(failed.map(({ name }) => name)).toEqual(['reelmill.run', 'step write-content', 'openai text']);
  for (const { attributes, status } of failed) {
    expect(attributes['error.type']).toBe('provider_denied');
    expect(status.message).toContain('Bad key [redacted]');
  }
  const journal = await mill.json(`journal/${FIRST_ID}.json`);
  const sent = collector.server.seen.map(({ body }) => body).join();
  expect(sent).not.toMatch(/sk-marked-key|t0ken-marked/);
  expect(journal.draft.text.length).toBeGreaterThan(50);
  expect(sent).not.toContain(journal.draft.text.slice(0, 30));
});

test.each([503, 400])(
  'a collector that answers %i costs a line of the log and nothing of the run',
  async (status) => {
    await using collector = await startCollector(status);
    await using mill = await channel(collector);
    expect((await run(mill)).stop).toBe('waiting');
    expect(mill.complaints().some((line) => line.startsWith('Traces'))).toBe(true);
    expect(JSON.stringify(mill.logs)).not.toContain('t0ken-marked');
  },
);

test('OTEL_SDK_DISABLED sends nothing', async () => {
  await using collector = await startCollector();
  await using mill = await channel(collector, { OTEL_SDK_DISABLED: 'true' });
  await run(mill);
  expect(collector.server.seen).toEqual([]);
});
