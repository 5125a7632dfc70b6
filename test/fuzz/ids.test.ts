/** Ids that are none, wherever a person or another tool can write one: no command and no run takes them for a path. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import pc from 'picocolors';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';

import { createFolderStore } from '../../src/adapters/folder/folder-store.ts';
import type { Cli } from '../../src/cli/cli.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { main } from '../../src/cli/main.ts';
import { isGenerationId } from '../../src/domain/generation-id.ts';
import { GENERATION, IMAGE, Mill, PUBLIC } from '../support/mill.ts';
import { fuzz } from './fuzz.ts';
import { GOOD, ID } from './good-documents.ts';
import { text } from './hostile.ts';

/** `outer/channel` is the store; beside it lies what nobody may touch. */
let outer = '';
let mill: Mill;
const channel = (): string => join(outer, 'channel');
beforeAll(async () => {
  outer = await mkdtemp(join(tmpdir(), 'reelmill-fuzz-ids-'));
  mill = await Mill.start({
    sandbox: { imageSeconds: 1, videoSeconds: 0 },
    throughStore: () => createFolderStore(channel()),
  });
});
beforeEach(async () => {
  await rm(outer, { recursive: true, force: true });
  await put('channel/666/20260130-2030.json', '{"topic":"mine"}');
  await put('config.json', '{}');
  for (const name of ['outside.json', 'outside.png', '666/20260131-2030.json'])
    await put(name, `${name} of another`);
});
afterAll(async () => {
  await mill[Symbol.asyncDispose]();
  await rm(outer, { recursive: true, force: true });
});

async function put(name: string, content: string): Promise<void> {
  await mkdir(dirname(join(outer, name)), { recursive: true });
  await writeFile(join(outer, name), content);
}

/** Every file below `outer`, or of it only those outside of the channel. */
async function files(part: 'all' | 'outside'): Promise<Record<string, string>> {
  const names = await readdir(outer, { recursive: true, withFileTypes: true });
  const found = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
  const wanted = found.filter((file) => part === 'all' || !file.startsWith(`${channel()}/`)).toSorted();
  return Object.fromEntries(
    await Promise.all(wanted.map(async (file) => [file, await readFile(file, 'latin1')])),
  );
}

const way = fc.constantFrom(
  '../',
  '..\\',
  '/',
  './',
  '\0',
  '\n',
  '\u001b[31m',
  '\u009b31m',
  '%2e%2e%2f',
  ' ',
  '\u202e',
  '\ud800',
  '٢',
);
const odd = fc.oneof(
  text,
  // An id, and more than one.
  fc
    .tuple(
      fc.array(way, { maxLength: 3 }),
      fc.constantFrom(ID, ID.slice(1), '20260231-2030', 'outside'),
      fc.array(way, { maxLength: 3 }),
      fc.constantFrom('', '.json', '.json.json', '.png', '/../../outside'),
    )
    .map(([before, id, after, end]) => [...before, id, ...after, end].join('')),
  fc.integer({ min: 1, max: 200_000 }).map((length) => '1'.repeat(length)),
  fc.constantFrom(
    '',
    '-',
    '--',
    '--json',
    '--no-picture',
    '--store',
    '20260131-2030,20260131-2031',
    '２０２６０１３１-2030',
  ),
);
/** The commands that take one; `.json` and blanks around it are a person's, and understood. */
const isNone = (id: string): boolean =>
  !isGenerationId(id.trim().replace(/\.json$/, '')) && !/^-[hv]|^--(?:help|version)/.test(id);
const command = fc.constantFrom<(id: string) => string[]>(
  (id) => ['generate-content', '--generation-id', id],
  (id) => ['generate-content', `--generation-id=${id}`],
  (id) => ['generate-content', '--generation_id', id],
  (id) => ['generate-media', '--generation-id', id],
  (id) => ['generate-media', '--use-mock', `--generation_id=${id}`],
  (id) => ['explain', '--', id],
  (id) => ['explain', id],
  (id) => ['show', '--', id],
  (id) => ['show', id],
);

async function reelmill(words: readonly string[]): Promise<{ told: string; code: number | null }> {
  const lines: string[] = [];
  let code: number | null = null;
  const cli: Cli = {
    variables: { REELMILL_LOG_LEVEL: 'error' },
    print: (line) => void lines.push(line),
    tell: (line) => void lines.push(line),
    colors: pc.createColors(false),
    live: false,
    signal: new AbortController().signal,
    setExitCode: (given) => void (code = given),
  };
  await main(['--config', join(outer, 'config.json'), '--store', `folder:${channel()}`, ...words], cli);
  return { told: lines.join('\n'), code };
}

fuzz(
  'S3 I5 what is no id is refused by every command that takes one, in words that fit a terminal, and nothing is touched',
  400,
  fc.asyncProperty(odd.filter(isNone), command, fc.boolean(), async (id, words, asJson) => {
    const before = await files('all');
    const { code, told } = await reelmill([...(asJson ? ['--json'] : []), ...words(id)]);
    expect(code, told.slice(0, 500)).toBe(EXIT.usage);
    expect(told).not.toBe('');
    expect(told.length).toBeLessThan(2_000);
    expect(told.isWellFormed()).toBe(true);
    // oxlint-disable-next-line no-control-regex -- what would steer the terminal.
    expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(await files('all')).toEqual(before);
  }),
);

const entry = fc.oneof(odd, fc.constantFrom<unknown>(null, 7, {}, [ID], ID, '20260130-2030'));
const task = { task_id: '../../../outside', requested_at_utc: '2026-01-31T20:31:00Z' };

fuzz(
  'S3 M10 I2 no id in a document leads out of the channel, and whoever lies there keeps what is his',
  20,
  fc.asyncProperty(
    fc.array(entry, { maxLength: 5 }),
    entry,
    fc.boolean(),
    async (published, active, busy) => {
      await rm(channel(), { recursive: true, force: true });
      const documents = {
        [PUBLIC]: { generation_id: published.length === 1 ? published[0] : published },
        [GENERATION]: { generation_id: active },
        [IMAGE]: busy
          ? {
              ...GOOD.image,
              submission: null,
              midjourney_task: task,
              video_task: task,
              late_tasks: [{ kind: 'image', id: active, ...task }],
            }
          : { midjourney_task: null, midjourney_results: {}, generation: false, status: null },
      };
      for (const [key, value] of Object.entries(documents))
        await put(join('channel', key), JSON.stringify(value));
      await put('channel/666/20260130-2030.json', '{"topic":"mine"}');
      const before = await files('outside');

      const report = await mill.run({ mode: 'main', zeroDelay: true, anyState: true });

      if (report.failure) expect(report.failure.message).not.toBe('');
      expect(await files('outside')).toEqual(before);
      const names = Object.keys(await files('all')).filter((name) => name.startsWith(`${channel()}/`));
      for (const name of names)
        expect(name.slice(channel().length)).toMatch(
          /^\/\.?[a-z0-9]+\/(?:config_|topics_|\d{8}-\d{4}[._]|\d{4}-\d\d\.json|[\w.-]+$)/,
        );
      const mine = names.filter(
        (name) => name.endsWith('/20260130-2030.json') && !name.includes('/journal/'),
      );
      expect(mine).toHaveLength(1);
      expect(await readFile(mine[0] ?? '', 'utf8')).toContain('mine');
    },
  ),
);
