/** `reelmill serve` as an operator meets it: a real process, signals, its port, and the sandbox in the providers' place. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { closedPort } from '../../src/adapters/http/test-server.ts';
import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import type { Sandbox } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { startCollector } from '../support/collector.ts';
import { smallMedia, type Json } from '../support/mill.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const SECRET = 'webhook-secret-marked';
const DAY = 86_400;

let sandbox: Sandbox;
let folder: string;
const processes: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelmill-serve-'));
  // The picture is painted when the test says so.
  sandbox = await startSandbox({ media: smallMedia(), imageSeconds: DAY, videoSeconds: 0 });
});
afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  /** Resolves with the first line of its log or progress that matches, from now on or earlier. */
  line(pattern: RegExp): Promise<string>;
  readonly ended: Promise<number | null>;
  readonly told: () => string;
  readonly out: () => string;
  readonly child: ChildProcess;
}

function start(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  before: string[] = [],
): Running {
  const store = `folder:${path.join(folder, 'channel')}`;
  const main = path.join(ROOT, 'src', 'cli', 'main.ts');
  const child = spawn(process.execPath, [...before, main, '--store', store, ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...sandboxVariables(sandbox), ...variables },
  });
  processes.push(child);
  let [out, told] = ['', ''];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
    wake();
  });
  child.stderr.on('data', (chunk) => {
    told += String(chunk);
    wake();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = `${told}\n${out}`.split('\n').find((text) => pattern.test(text));
        if (found !== undefined) {
          waiting.delete(look);
          resolve(found);
        }
      };
      waiting.add(look);
      void ended.then(() => reject(new Error(`it ended without ${pattern}:\n${told}${out}`)));
      look();
    });
  return { line, ended, told: () => told, out: () => out, child };
}

async function configured(port: number, change: object = {}): Promise<void> {
  const config = {
    API_KEYS: { midjourney: { webhook_url: `http://127.0.0.1:${port}/webhooks/piapi`, status_api: 'task' } },
    CONTENT: { focuses: ['Clocks'] },
    IMAGE_GENERATION: { output_size: '320x180' },
    VIDEO: { runway_duration: 2, mock_duration: 1, mock_fps: 8 },
    SERVE: { port },
    ...change,
  };
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
}

const inChannel = (key: string): string => path.join(folder, 'channel', key);
const stored = async (key: string): Promise<Json> => JSON.parse(await readFile(inChannel(key), 'utf8'));
const health = async (port: number): Promise<{ status: number; body: Json }> => {
  const answer = await fetch(`http://127.0.0.1:${port}/health`);
  return { status: answer.status, body: await answer.json() };
};
const paid = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { kind, outcome } of sandbox.ledger.entries())
    if (outcome !== 'refused') counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

test('I8 R1 a main run, a report from PiAPI that wakes the check, green health, and an end on SIGTERM', async () => {
  const port = await closedPort();
  await configured(port);
  const serving = start(['serve', '--now', '--zero-delay'], { MIDJOURNEY_WEBHOOK_SECRET: SECRET });
  await serving.line(/Listening on .*GET \/health, POST \/webhooks\/piapi/);
  await serving.line(/"stop":"waiting".*The run has ended/);
  expect(await health(port)).toMatchObject({
    status: 200,
    body: { status: 'ok', last_run: { mode: 'main', reason: 'start', stop: 'waiting' } },
  });

  const forged = await fetch(`http://127.0.0.1:${port}/webhooks/piapi`, {
    method: 'POST',
    headers: { 'x-webhook-secret': 'webhook-secret-guessed' },
    body: '{"data":{"task_id":"x"}}',
  });
  expect(forged.status).toBe(401);

  // The sandbox posts the report, as PiAPI does.
  await sandbox.advance(DAY);
  await serving.line(/PiAPI reports a finished task/);
  await serving.line(/"stop":"task-done".*The run has ended/);
  expect(await readdir(inChannel('666'))).toHaveLength(3);
  expect(await health(port)).toMatchObject({
    status: 200,
    body: { last_run: { mode: 'check', reason: 'webhook', stop: 'task-done' } },
  });
  expect(serving.told().match(/PiAPI reports/g), 'the forged one woke nobody').toHaveLength(1);

  serving.child.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  expect(serving.told()).toMatch(/"msg":"Stopped"\}\n$/);
  const files = await Promise.all(
    (await readdir(inChannel('.'), { recursive: true }))
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFile(inChannel(name), 'utf8')),
  );
  expect([serving.out(), serving.told(), ...files].join('\n')).not.toContain(SECRET);
});

test('M2 I3 SIGTERM in the middle of the texts: the step ends, the lock is free, and the next run pays for nothing again', async () => {
  const port = await closedPort();
  await configured(port);
  sandbox.setFaults([{ provider: 'openai', action: { type: 'delay', seconds: 0.5 } }]);
  const serving = start(['serve', '--now', '--zero-delay']);
  await serving.line(/Writing topic/);
  serving.child.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  expect(serving.told()).toContain('"stop":"interrupted"');
  expect(paid()).toEqual({ text: 5 });
  expect((await stored('config/config_public.json')).processing_lock).toBe(false);

  const next = start(['run', '--zero-delay', '--json']);
  expect(await next.ended).toBe(0);
  expect(JSON.parse(next.out())).toMatchObject({ ok: true, stop: 'waiting' });
  expect(paid()).toEqual({ text: 5, image: 1 });
});

test('I6 a step that does not end is cut after SERVE.stop_seconds, and the channel is what a killed run leaves', async () => {
  const port = await closedPort();
  await configured(port, { SERVE: { port, stop_seconds: 1 } });
  sandbox.setFaults([{ provider: 'openai', skip: 1, action: { type: 'delay', seconds: 600 } }]);
  const serving = start(['serve', '--now', '--zero-delay']);
  await serving.line(/Writing topic/);
  serving.child.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  expect(serving.told()).toMatch(/is cut; the next run goes on/);
  // Its lease runs out by itself; until then other runs keep out.
  const next = start(['run', '--json']);
  expect(await next.ended).toBe(0);
  expect(JSON.parse(next.out())).toMatchObject({ ok: true, stop: 'locked' });
});

test('R1 a failed run makes health red, with the reason and without a key', async () => {
  const port = await closedPort();
  await configured(port);
  sandbox.setFaults([
    {
      provider: 'openai',
      action: { type: 'status', status: 401, message: 'Incorrect key sandbox-openai-key' },
    },
  ]);
  const serving = start(['serve', '--now', '--json', '--host', '127.0.0.1']);
  expect(JSON.parse(await serving.line(/^\{$/).then(() => serving.out()))).toMatchObject({
    command: 'serve',
    health: `http://127.0.0.1:${port}/health`,
    webhook: null,
    warning: expect.stringContaining('MIDJOURNEY_WEBHOOK_SECRET is not'),
  });
  await serving.line(/The run has failed/);
  const { body, status } = await health(port);
  expect(status).toBe(503);
  expect(body).toMatchObject({ status: 'failing', last_run: { failure: { code: 'provider_denied' } } });
  expect(body.reason).toContain('Incorrect key [redacted]');
  expect(JSON.stringify(body)).not.toContain('sandbox-openai-key');
  const webhook = await fetch(`http://127.0.0.1:${port}/webhooks/piapi`, { method: 'POST', body: '{}' });
  expect(webhook.status, 'without a secret there are no webhooks').toBe(404);
  serving.child.kill('SIGINT');
  expect(await serving.ended).toBe(0);
});

test('a port that is taken ends it at once, with what to do', async () => {
  await using taken = await startCollector();
  const port = Number(new URL(taken.url).port);
  await configured(port);
  const serving = start(['serve']);
  expect(await serving.ended).toBe(2);
  expect(serving.told()).toMatch(/cannot be listened on.*EADDRINUSE.*SERVE\.port/s);
});

async function modulesOf(words: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const file = path.join(folder, `loaded-${Object.keys(variables).length}`);
  const hook = path.join(ROOT, 'test', 'support', 'module-log-child.ts');
  const ran = start(words, { REELMILL_TEST_LOADED: file, ...variables }, ['--import', hook]);
  expect(await ran.ended, ran.told()).toBe(0);
  return readFile(file, 'utf8');
}

test('nothing of alerts, traces and schedules is loaded by a run for which they are not set up', async () => {
  await configured(1);
  const plain = await modulesOf(['run', '--check']);
  expect(plain).toContain('/src/runtime/run-channel.ts');
  expect(plain).not.toMatch(/@opentelemetry|nodemailer|croner|adapters\/alerts|alert-keeper|tracing/);
  await using collector = await startCollector();
  const watched = await modulesOf(['run', '--check'], {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    ALERT_WEBHOOK_URL: `${collector.url}/x`,
  });
  expect(watched).toMatch(/@opentelemetry/);
  expect(watched).toMatch(/alert-keeper/);
  expect(watched, 'the mail library comes with the first mail').not.toMatch(/nodemailer/);
  expect(collector.spans().map(({ name }) => name)).toEqual(['reelmill.run']);
});
