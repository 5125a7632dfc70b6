/** `reelmill doctor` as a user meets it: its exit codes, its JSON, and that it spends, leaves and shows nothing. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { Sandbox } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { startS3 } from '../conformance/s3-process.ts';
import { reelmillIn, type CommandEnded } from '../support/command.ts';
import { smallMedia } from '../support/mill.ts';

const SECRET = 'sk-marked-secret-of-the-doctor';
const CHECKS =
  'config environment clock store.list store.write store.read store.copy store.conditions store.delete store.versions state last-run budget contents provider.openai provider.piapi provider.runway machine disk fonts renderer schedule alerts';
// Whole processes, several a test, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelmill-doctor-test-'));
  sandbox = await startSandbox({ media: smallMedia(), keys: { openai: SECRET } });
  await writeFile(path.join(folder, 'config.json'), '{"BUDGET":{"per_month_usd":60}}');
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

function doctor(
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandEnded> {
  const store = { REELMILL_STORE: 'folder:posts' };
  return reelmillIn(folder, ['doctor', ...words], {
    ...sandboxVariables(sandbox),
    OPENAI_API_KEY: SECRET,
    ...store,
    ...variables,
  });
}

test('with everything in its place all checks are well, nothing is paid and nothing is left in the store', async () => {
  // A secret where nobody would look for one is not shown either.
  const ended = await doctor(['--json'], { REELMILL_STORE: `folder:posts/${SECRET}` });
  expect(ended).toMatchObject({ code: EXIT.done, told: '' });
  const answer = JSON.parse(ended.out);
  expect(answer).toMatchObject({ ok: true, verdict: 'ok' });
  expect(answer.findings.map(({ check }: { check: string }) => check).join(' ')).toBe(CHECKS);
  expect(answer.findings.find(({ check }: { check: string }) => check === 'renderer').evidence).toMatch(
    /1280×720 took \d+\.\d s, 12 frames of video \d+\.\d s; they play to the end \(avc\)/,
  );
  expect(sandbox.ledger.entries()).toEqual([]);
  const left = await readdir(path.join(folder, 'posts'), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile() && !entry.parentPath.includes('.reelmill'))).toEqual([]);
  expect(ended.out).not.toContain(SECRET);
});

test('the exit code is that of the worst verdict: 8 for something to look at, 9 for a problem', async () => {
  await writeFile(
    path.join(folder, 'old.json'),
    '{"VIDEO":{"runway_ratio":"1280:768"},"SCHEDULE":{"checks":[]},"BUDGET":{"per_month_usd":0.1}}',
  );
  const warned = await doctor(['--config', 'old.json']);
  expect(warned).toMatchObject({ code: EXIT.warning });
  expect(warned.out).toMatch(/▲ config\s+warning: .*1280:768/);
  expect(warned.out).toContain('BUDGET.per_month_usd: is less than one call can cost');
  expect(warned.out).toMatch(/\n23 checks: 2 to look at\.\n$/);
  const wrongKey = await doctor(['--quiet'], { OPENAI_API_KEY: 'sk-wrong-and-marked' });
  expect(wrongKey).toMatchObject({ code: EXIT.problem });
  expect(wrongKey.out).toMatch(/^✖ provider\.openai\s+problem: .*401[^\n]*\n\s+→ Check the API key[^\n]*\n$/);
  expect(wrongKey.out).not.toContain('sk-wrong-and-marked');
});

test('what cannot be read keeps nothing else from being checked', async () => {
  await writeFile(path.join(folder, 'broken.json'), '{"WORKFLOW": {"max_tasks_per_run": "many"}}');
  const broken = await doctor(['--config', 'broken.json', '--json']);
  expect(broken).toMatchObject({ code: EXIT.problem });
  const { findings } = JSON.parse(broken.out);
  expect(findings[0]).toMatchObject({ check: 'config', verdict: 'problem' });
  expect(findings[0].evidence).toContain('WORKFLOW.max_tasks_per_run');
  expect(findings.map(({ check }: { check: string }) => check)).toContain('renderer');
  const nothing = await doctor(['--json'], { REELMILL_STORE: 'nowhere', OPENAI_API_KEY: undefined });
  expect(JSON.parse(nothing.out).findings[1]).toMatchObject({ check: 'environment', verdict: 'problem' });
});

test('a bucket is tried with its own key, and a wrong one is told apart', async () => {
  const server = await startS3('s3rver');
  try {
    const bucket = {
      REELMILL_STORE: 'bucket',
      B2_ENDPOINT: server.options.endpoint,
      B2_BUCKET_NAME: server.options.bucket,
      B2_ACCESS_KEY: server.options.accessKeyId,
      B2_SECRET_KEY: server.options.secretAccessKey,
    };
    const findingsWith = async (change: Readonly<Record<string, string>>) =>
      JSON.parse((await doctor(['--json'], { ...bucket, ...change })).out).findings;
    const find = (findings: { check: string }[], check: string) =>
      findings.find((one) => one.check === check);
    const findings = await findingsWith({});
    expect(find(findings, 'clock')).toMatchObject({
      evidence: expect.stringMatching(/the store within \d+ s, OpenAI within/),
    });
    expect(find(findings, 'store.delete')).toMatchObject({ verdict: 'ok' });
    expect(find(findings, 'store.lifecycle')).toMatchObject({ verdict: 'ok' });
    const wrongKey = await findingsWith({ B2_ACCESS_KEY: 'not-the-key' });
    expect(find(wrongKey, 'store.list')).toMatchObject({
      verdict: 'problem',
      remedy: expect.stringContaining('access key'),
    });
  } finally {
    await server.close();
  }
});
