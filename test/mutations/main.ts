/**
 * `npm run mutate`: breaks one mechanism at a time in a copy of the project and runs the tests that should see it. A
 * mutation that no test sees has survived, and the exit code says so. A whole pass writes the table in
 * docs/reliability.md; `-- --only WORD` takes those whose name holds WORD, and writes nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation } from './mutations.ts';
import { replaceTable, type Caught } from './table.ts';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const root = path.resolve(import.meta.dirname, '../..');
const copy = mkdtempSync(path.join(tmpdir(), 'reelmill-mutations-'));
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
process.once('SIGINT', () => process.exit(130));

const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'demo-output', 'coverage']);
cpSync(root, copy, {
  recursive: true,
  filter: (source) => !LEFT_OUT.has(path.relative(root, source)),
});
symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'dir');

interface Ran {
  readonly green: boolean;
  /** The first test that failed. */
  readonly failing: string | null;
}

function runTests(file: string): Ran {
  const report = path.join(copy, 'mutation-report.json');
  rmSync(report, { force: true });
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const flags = ['run', file, '--bail=1', '--reporter=json', `--outputFile=${report}`];
  const ran = spawnSync(process.execPath, [vitest, ...flags], {
    cwd: copy,
    encoding: 'utf8',
    timeout: 600_000,
  });
  return { green: ran.status === 0, failing: firstFailing(report) ?? null };
}

function firstFailing(report: string): string | undefined {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { assertionResults: { status: string; fullName: string }[] }[];
    };
    const all = testResults.flatMap((result) => result.assertionResults);
    return all.find((result) => result.status === 'failed')?.fullName;
  } catch {
    return undefined;
  }
}

function mutate({ file, find, replace }: Mutation): () => void {
  const place = path.join(copy, file);
  const text = readFileSync(place, 'utf8');
  writeFileSync(
    place,
    text.replace(find, () => replace),
  );
  return () => writeFileSync(place, text);
}

function judge(mutation: Mutation): Caught | null {
  const restore = mutate(mutation);
  try {
    for (const file of mutation.tests) {
      const ran = runTests(file);
      if (!ran.green) return { name: mutation.name, file, test: ran.failing ?? 'the file does not load' };
    }
    return null;
  } finally {
    restore();
  }
}

const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only));
for (const file of new Set(chosen.flatMap(({ tests }) => tests))) {
  const ran = runTests(file);
  if (!ran.green) throw new Error(`${file} fails without any mutation: ${ran.failing}`);
}
const caught: Caught[] = [];
for (const mutation of chosen) {
  const seen = judge(mutation);
  if (seen !== null) caught.push(seen);
  const by = seen === null ? mutation.file : `${seen.file}: ${seen.test}`;
  console.log(`${seen === null ? 'SURVIVED' : 'caught  '} ${mutation.name}\n           ${by}`);
}
console.log(`${caught.length} of ${chosen.length} mutations caught`);
process.exitCode = caught.length === chosen.length ? 0 : 1;
if (caught.length === MUTATIONS.length) {
  const page = path.join(root, 'docs', 'reliability.md');
  writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), caught));
}
