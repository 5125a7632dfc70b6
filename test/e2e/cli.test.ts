/** The command line as a user meets it: real processes, the sandbox in the providers' place, a folder as the bucket. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import { buildProgram } from '../../src/cli/main.ts';
import type { Cli } from '../../src/cli/cli.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { Sandbox } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { smallMedia } from '../support/mill.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const ID = '20260131-2030';
const CHANNEL = {
  CONTENT: { focuses: ['Clocks'] },
  IMAGE_GENERATION: { output_size: '320x180' },
  VIDEO: { runway_duration: 2, mock_duration: 1, mock_fps: 8 },
};

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelmill-e2e-'));
  sandbox = await startSandbox({ media: smallMedia(), imageSeconds: 0, videoSeconds: 0 });
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(CHANNEL));
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

interface Started {
  readonly ended: Promise<Ended>;
  readonly stop: (signal: NodeJS.Signals) => void;
  readonly out: () => string;
}

function start(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [path.join(ROOT, 'bin', 'reelmill.js'), ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...sandboxVariables(sandbox), ...variables },
  });
  let [out, told] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (told += String(chunk)));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, out, told })));
  return { ended, stop: (signal) => void child.kill(signal), out: () => out };
}

function reelmill(store: string, ...words: string[]): Promise<Ended> {
  return start([...words, '--store', `folder:${path.join(folder, store)}`]).ended;
}

async function stored(store: string, key: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(folder, store, key), 'utf8'));
}

test('R1 R2 one run makes a whole post when the providers answer at once, and the next one starts no second beside it', async () => {
  const first = await reelmill('whole', 'run', '--zero-delay', '--json');
  expect(first).toMatchObject({ code: EXIT.done });
  const report = JSON.parse(first.out);
  expect(report).toMatchObject({ ok: true, stop: 'task-done', tasksProcessed: 1 });
  expect(await stored('whole', `666/${report.id}.json`)).toMatchObject({
    media: { image: 'midjourney', video: 'runway' },
  });
  const check = await reelmill('whole', 'run', '--check');
  expect(check).toMatchObject({ code: EXIT.done });
  expect(check.out).toContain('Nothing to check.');
});

test('R1 off a terminal the log has lines of one kind: a JSON object each, or dated ones to read in CI', async () => {
  const words = ['run', '--zero-delay', '--store'];
  const read = await start([...words, 'folder:lines'], { CI: 'true' }).ended;
  const lines = read.told.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] (INFO|WARN): \S/);
  const done = lines.filter((line) => line.includes('INFO: Done: '));
  expect(done.some((line) => line.includes('Ordering the picture (Midjourney)'))).toBe(true);
  expect(read.out).toContain('A post is finished.');
  const parsed = await start([...words, 'folder:parsed']).ended;
  const entries = parsed.told
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^Done: Ordering the picture/));
  expect(await start([...words, 'folder:silent', '--quiet']).ended).toEqual({ code: 0, out: '', told: '' });
});

test('each of the other three programs works alone on the state in the store: C4 C5, P3, W3, P7', async () => {
  const content = await reelmill('steps', 'generate-content', '--generation-id', ID, '--json');
  expect(JSON.parse(content.out)).toMatchObject({ ok: true, id: ID, actions: [{ action: 'write-content' }] });
  expect(await stored('steps', 'config/config_midjourney.json')).toMatchObject({ generation: true });
  const ordered = await reelmill('steps', 'generate-media', '--generation_id', ID);
  expect(ordered.code).toBe(EXIT.done);
  expect(await stored('steps', 'config/config_midjourney.json')).toMatchObject({
    generation: false,
    midjourney_task: { task_id: expect.any(String) },
  });
  const early = await reelmill('steps', 'generate-media', '--generation-id', ID);
  expect(early).toMatchObject({ code: EXIT.usage });
  expect(early.out).toContain('check-image');
  expect((await reelmill('steps', 'check-image')).code).toBe(EXIT.done);
  expect(await stored('steps', 'config/config_midjourney.json')).toMatchObject({
    midjourney_task: null,
    midjourney_results: { task_id: expect.any(String) },
  });
  const made = await reelmill('steps', 'generate-media', '--generation-id', ID);
  expect(made.code).toBe(EXIT.done);
  expect(await stored('steps', `666/${ID}.json`)).toMatchObject({
    media: { image: 'midjourney', video: 'runway' },
  });
  expect(sandbox.ledger.paidTwice()).toEqual([]);
});

test('P2 generate-media --use-mock makes a title card and its video without any provider', async () => {
  await reelmill('mock', 'generate-content', '--generation-id', ID);
  const before = sandbox.ledger.entries().length;
  const made = await reelmill('mock', 'generate-media', '--generation-id', ID, '--use-mock');
  expect(made.out).toContain('▲ Picture: a title card in its place. Video: a mock in its place.');
  expect(made.code).toBe(EXIT.done);
  expect(sandbox.ledger.entries().length).toBe(before);
  expect(await stored('mock', `666/${ID}.json`)).toMatchObject({
    media: { image: 'placeholder', video: 'mock' },
  });
  expect(await stored('mock', 'config/config_gen.json')).toMatchObject({ generation_id: null });
});

test('P1 generate-media without a text says which object is missing', async () => {
  const made = await reelmill('empty', 'generate-media', '--generation-id', ID);
  expect(made.code).toBe(EXIT.state);
  expect(made.out).toContain(`666/${ID}.json`);
});

test('W1 check-image without a task says that there is none, and asks nobody', async () => {
  const checked = await reelmill('empty', 'check-image');
  expect(checked.code).toBe(EXIT.done);
  expect(checked.out).toContain('No picture is being painted');
});

test('W1 W2 check-image without a key says which one is missing, with the code of a missing secret', async () => {
  await reelmill('unasked', 'generate-content', '--generation-id', ID);
  await reelmill('unasked', 'generate-media', '--generation-id', ID);
  const store = ['--store', `folder:${path.join(folder, 'unasked')}`];
  for (const command of [['check-image'], ['run', '--check']]) {
    const keyless = { MIDJOURNEY_API_KEY: '' };
    const script = await start([...command, '--json', ...store], keyless).ended;
    expect(script.code).toBe(EXIT.config);
    expect(JSON.parse(script.out)).toMatchObject({
      ok: false,
      exitCode: EXIT.config,
      stop: 'check-failed',
      failure: { code: 'secret_missing', message: expect.stringContaining('MIDJOURNEY_API_KEY') },
    });
    const person = await start([...command, '--quiet', ...store], keyless).ended;
    expect(person.out).toContain('MIDJOURNEY_API_KEY is not set');
  }
});

test('status tells the conveyor, the next run and why, and writes nothing', async () => {
  const status = await reelmill('whole', 'status', '--json');
  expect(JSON.parse(status.out)).toMatchObject({
    phase: 'idle',
    lock: { held: false },
    conveyor: { fresh: [{ ready: true }] },
    next: { main: { type: 'mint-id' }, check: { type: 'stop', reason: 'nothing-active' } },
    why: { main: expect.stringContaining('no post is being made'), check: 'Nothing to check.' },
  });
  const person = await reelmill('whole', 'status');
  expect(person.out).toContain('Conveyor');
  expect(person.out).toContain('Naming the next post: no post is being made');
  expect(person.out).not.toContain('\u001b');
});

test('BUDGET status says that the next run will stop at the budget, and names the key to raise', async () => {
  await writeFile(
    path.join(folder, 'poor.json'),
    JSON.stringify({ ...CHANNEL, BUDGET: { per_month_usd: 0.001 } }),
  );
  const words = ['status', '--config', 'poor.json', '--store', `folder:${path.join(folder, 'poor')}`];
  const poor = await start(words).ended;
  expect(poor.out).toMatch(/Budget +The budget for the UTC month .*raise BUDGET\.per_month_usd/);
  const json = JSON.parse((await start([...words, '--json']).ended).out);
  expect(json.stoppedByBudget).toContain('BUDGET.per_month_usd');
  const rich = await reelmill('poor', 'status', '--json');
  expect(JSON.parse(rich.out).stoppedByBudget).toBeNull();
});

test.each([
  ['an unknown command', ['dance'], EXIT.usage],
  ['an unknown option', ['run', '--fast'], EXIT.usage],
  ['an id that is none', ['generate-content', '--generation-id', '../../etc'], EXIT.usage],
  ['a missing id', ['generate-content'], EXIT.usage],
  ['a store that is none', ['status', '--store', 'ftp://x'], EXIT.usage],
  ['a configuration that is not there', ['run', '--config', 'nowhere.json'], EXIT.config],
])('%s has an exit code of its own and says what to do', async (_name, words, code) => {
  const ended = await start(words, { REELMILL_STORE: `folder:${path.join(folder, 'codes')}` }).ended;
  expect(ended.code).toBe(code);
  expect(ended.told.length).toBeGreaterThan(20);
});

test.each([
  ['run --fast', 'unknown option .--fast.'],
  ['costs --mont 2026-01', 'unknown option .*--month'],
  ['dance', 'unknown command .dance.'],
  ['generate-content', '--generation-id is missing'],
  ['', 'No command'],
])('%s with --json is refused in the shape of every other failure', async (words, message) => {
  const { code, out, told } = await start([...words.split(' ').filter(Boolean), '--json']).ended;
  expect([code, told]).toEqual([EXIT.usage, '']);
  const { failure, ok } = JSON.parse(out);
  expect([ok, failure.code]).toEqual([false, 'usage']);
  expect(failure.message).toMatch(new RegExp(`^${message}`));
});

test('S6 config check names each problem and each remark, once, and nothing else', async () => {
  const wrong = { VIDEO: { mock_fps: 0, runway_ratio: '1280:768' }, WORKFLOW: { max_task_per_run: 2 } };
  await writeFile(path.join(folder, 'wrong.json'), JSON.stringify(wrong));
  const words = ['config', 'check', '--config', 'wrong.json'];
  const { code, out, told } = await start(words).ended;
  expect([code, out]).toEqual([EXIT.config, '']);
  expect(told.trimEnd().split('\n')).toEqual([
    'error: wrong.json has one problem:',
    expect.stringMatching(/^ {2}- VIDEO\.mock_fps: is too small \(now 0\)\./),
    expect.stringMatching(/^note: WORKFLOW\.max_task_per_run: .*Did you mean `max_tasks_per_run`\?$/),
    expect.stringMatching(/^note: VIDEO\.runway_ratio: is `1280:768`/),
  ]);
  const script = await start([...words, '--json']).ended;
  expect(JSON.parse(script.out)).toMatchObject({
    ok: false,
    failure: { code: 'config_invalid' },
    problems: [{ path: 'VIDEO.mock_fps' }],
    warnings: [{ path: 'WORKFLOW.max_task_per_run' }, { path: 'VIDEO.runway_ratio' }],
  });
  // Another command says it with the way to hear more, on a line of its own.
  const run = await start(['run', '--config', 'wrong.json']).ended;
  expect(run.told).toMatch(/mock_fps: .*\nCorrect the configuration; `reelmill config check` shows/);
  expect(run.told).not.toContain('(key');
});

test('S6 config check --quiet says nothing of a configuration that is well, and keeps its remarks on others', async () => {
  await writeFile(path.join(folder, 'well.json'), '{"BUDGET":{"per_month_usd":60}}');
  const words = ['config', 'check', '--quiet', '--config'];
  const set = { REELMILL_STORE: `folder:${path.join(folder, 'quiet')}` };
  const well = await start([...words, 'well.json'], set).ended;
  expect([well.code, well.out, well.told]).toEqual([EXIT.done, '', '']);
  await writeFile(
    path.join(folder, 'odd.json'),
    '{"BUDGET":{"per_month_usd":60},"WORKFLOW":{"max_task_per_run":2}}',
  );
  const odd = await start([...words, 'odd.json'], set).ended;
  expect([odd.code, odd.told]).toEqual([EXIT.done, '']);
  expect(odd.out).toMatch(/^. WORKFLOW\.max_task_per_run: .*\n$/);
});

test('a missing secret is named, and nothing is paid for or lost', async () => {
  const { OPENAI_API_KEY: _gone, ...rest } = sandboxVariables(sandbox);
  const ended = await start(['run', '--json'], {
    ...rest,
    OPENAI_API_KEY: '',
    REELMILL_STORE: `folder:${path.join(folder, 'keyless')}`,
  }).ended;
  expect(ended.code).toBe(EXIT.config);
  expect(ended.out).toContain('OPENAI_API_KEY');
});

test('S1 a damaged state ends the run with its own code, and stays byte for byte', async () => {
  await reelmill('damaged', 'generate-content', '--generation-id', ID);
  const file = path.join(folder, 'damaged', 'config/config_midjourney.json');
  await writeFile(file, '{"generation": tru');
  const ended = await reelmill('damaged', 'run');
  expect(ended.code).toBe(EXIT.state);
  expect(`${ended.out}${ended.told}`).toContain('config_midjourney.json');
  expect(await readFile(file, 'utf8')).toBe('{"generation": tru');
});

test('M2 a held lock is a success', async () => {
  await reelmill('locked', 'generate-content', '--generation-id', ID);
  await writeFile(path.join(folder, 'locked', 'config/config_public.json'), '{"processing_lock": true}');
  const ended = await reelmill('locked', 'run', '--json');
  expect(ended.code).toBe(EXIT.done);
  expect(JSON.parse(ended.out)).toMatchObject({ stop: 'locked' });
});

test.each([
  ['SIGTERM', 'stopped'],
  ['SIGHUP', 'hung-up'],
] as const)(
  'M2 I4 %s while the video is made frees the lock, and the next run finishes the post',
  async (signal, store) => {
    sandbox.setFaults([
      { provider: 'runway', operation: 'task', times: 100, action: { type: 'status', status: 503 } },
    ]);
    const run = start(['run', '--zero-delay'], {
      REELMILL_STORE: `folder:${path.join(folder, store)}`,
      REELMILL_LOG_LEVEL: 'info',
    });
    const polled = async (): Promise<void> => {
      while ((sandbox.faultCounts()[0] ?? 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await polled();
    run.stop(signal);
    await run.ended;
    sandbox.setFaults([]);
    expect(await stored(store, 'config/config_public.json')).toMatchObject({ processing_lock: false });
    expect(await stored(store, 'config/config_midjourney.json')).toMatchObject({
      video_task: { task_id: expect.any(String) },
    });
    const next = await reelmill(store, 'run', '--check', '--json');
    expect(JSON.parse(next.out)).toMatchObject({ ok: true, stop: 'task-done' });
    expect(sandbox.ledger.paidTwice()).toEqual([]);
  },
);

test('every command explains itself with an example', () => {
  const silent: Cli = {
    variables: {},
    print: () => {},
    tell: () => {},
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not used here.
    colors: {} as Cli['colors'],
    live: false,
    signal: new AbortController().signal,
    setExitCode: () => {},
  };
  const leaves = buildProgram(silent).commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands : [command],
  );
  expect(leaves.length).toBeGreaterThan(6);
  for (const command of leaves) {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    expect(text, command.name()).toContain(
      `reelmill ${command.parent?.name() === 'reelmill' ? '' : `${command.parent?.name() ?? ''} `}${command.name()}`,
    );
    expect(text, command.name()).toContain('Example');
  }
});
