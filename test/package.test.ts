/**
 * The package as a stranger gets it: packed, installed into an empty folder by npm itself, and run there. A path that is
 * right in the checkout and wrong in the package (worker, typeface, samples, version) would break every installation
 * while every other test stays green.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createRenderer } from '../src/adapters/render/renderer.ts';

const ROOT = path.join(import.meta.dirname, '..');
const MINUTE = 60_000;
const execute = promisify(execFile);

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  bin: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
});
const lockFile = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional() })),
});
const packed = z
  .array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
  .length(1);
const demo = z.object({
  ok: z.literal(true),
  posts: z.array(
    z.object({
      media: z.object({ image: z.string(), video: z.string() }),
      files: z.array(z.object({ path: z.string(), bytes: z.number() })),
    }),
  ),
});

let place: string;
let installed: string;
let files: string[];

beforeAll(async () => {
  place = await mkdtemp(path.join(tmpdir(), 'reelmill-package-'));
  installed = path.join(place, 'node_modules', 'reelmill');
  const { stdout } = await npm(ROOT, 'pack', '--json', '--pack-destination', place);
  // The build speaks on the same pipe, before the answer.
  const [answer] = packed.parse(JSON.parse(stdout.slice(stdout.search(/^\[/m))));
  if (answer === undefined) throw new Error('npm pack made nothing');
  files = answer.files.map((file) => file.path);
  await writeProject(answer.filename);
  await npm(place, 'ci', '--prefer-offline', '--no-audit', '--no-fund');
}, 5 * MINUTE);

afterAll(async () => {
  await rm(place, { recursive: true, force: true });
});

/**
 * The folder’s lock file is ours without what only development needs: the versions are the tested ones, and what
 * `npm ci` fetched for the checkout is taken from npm’s cache.
 */
async function writeProject(tarball: string): Promise<void> {
  const ours = manifest.parse(readJson('package.json'));
  const lock = lockFile.parse(readJson('package-lock.json'));
  const wanted = Object.entries(lock.packages).filter(([key, { dev }]) => key !== '' && dev !== true);
  const root = { name: 'stranger', version: '1.0.0', private: true };
  const dependencies = { [ours.name]: `file:${tarball}` };
  const { bin, dependencies: needs, version } = ours;
  const packages = {
    '': { ...root, dependencies },
    [`node_modules/${ours.name}`]: { version, resolved: `file:${tarball}`, bin, dependencies: needs },
    ...Object.fromEntries(wanted),
  };
  const lockText = JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages });
  await writeFile(path.join(place, 'package.json'), JSON.stringify({ ...root, dependencies }));
  await writeFile(path.join(place, 'package-lock.json'), lockText);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}

async function npm(folder: string, ...words: string[]): Promise<{ stdout: string }> {
  try {
    return await execute('npm', words, { cwd: folder, env: strangersVariables(), maxBuffer: 2 ** 26 });
  } catch (error) {
    // The compiler complains on standard output, which the error itself leaves out.
    const stdout: unknown = error instanceof Error ? Reflect.get(error, 'stdout') : undefined;
    throw new Error(`npm ${words.join(' ')} failed:\n${String(stdout)}`, { cause: error });
  }
}

/** Nothing that `npm test` of the checkout has set, neither its path to our `node_modules/.bin` nor its npm options. */
function strangersVariables(): NodeJS.ProcessEnv {
  const { HOME, PATH = '' } = process.env;
  const ours = PATH.split(path.delimiter).filter((folder) => !folder.includes('node_modules'));
  return { HOME, PATH: ours.join(path.delimiter), CI: '1' };
}

test('the package holds what it needs and nothing of the tests', async () => {
  for (const file of [
    'bin/reelmill.js',
    'dist/cli/main.js',
    'dist/cli/main.d.ts',
    'dist/adapters/render/worker-main.js',
    'assets/fonts/Onest-OFL.txt',
    'schema/config.schema.json',
    'samples/ru/config.json',
    'config.example.json',
    'CHANGELOG.md',
    'LICENSE',
    'README.ru.md',
    'THIRD-PARTY-NOTICES.md',
  ])
    expect(files).toContain(file);
  expect(
    files.filter((file) => /\.test\.|^(src|test|bench|node_modules)\/|test-server|test-sandbox/.test(file)),
  ).toEqual([]);
  expect(await readdir(installed)).not.toContain('src');
});

test('installed elsewhere, it says its version', async () => {
  const { version } = manifest.parse(readJson('package.json'));
  const { stdout } = await npm(place, 'exec', '--', 'reelmill', '--version');
  expect(stdout.trim()).toBe(version);
});

test('installed elsewhere, it brings the Node that it needs', async () => {
  const own = createRequire(path.join(installed, 'package.json')).resolve('node/bin/node');
  expect(own.startsWith(place)).toBe(true);
  const { stdout } = await execute(own, ['--version']);
  expect(stdout).toMatch(/^v24\./);
});

test('installed elsewhere, it sets up a channel from its own sample', async () => {
  const words = ['init', 'channel', '--language', 'ru', '--store', 'folder:posts', '--json'];
  await npm(place, 'exec', '--', 'reelmill', ...words);
  expect(await readdir(path.join(place, 'channel'))).toContain('config.json');
  const checked = await npm(
    place,
    'exec',
    '--',
    'reelmill',
    'config',
    'check',
    '--config',
    'channel/config.json',
  );
  expect(checked.stdout).toContain('can be used');
});

test(
  'installed elsewhere, it makes two whole posts: worker, typeface and samples are found',
  { timeout: 4 * MINUTE },
  async () => {
    const { stdout } = await npm(place, 'exec', '--', 'reelmill', 'demo', '--json', '--out', 'made');
    const { posts } = demo.parse(JSON.parse(stdout));
    expect(posts.map(({ media }) => `${media.image} ${media.video}`)).toEqual([
      'midjourney runway',
      'placeholder mock',
    ]);
    for (const { files: made } of posts) {
      expect(made.map((file) => path.extname(file.path)).sort()).toEqual(['.json', '.mp4', '.png']);
      for (const { bytes, path: file } of made) expect((await stat(file)).size).toBe(bytes);
      const video = await createRenderer().measureVideo(
        made.find((file) => file.path.endsWith('.mp4'))?.path ?? '',
      );
      expect(video).toMatchObject({ ok: true, value: { width: 1280, height: 720 } });
    }
  },
);
