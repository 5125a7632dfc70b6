/** cron and systemd as docs/going-live.md has them: the lines are run as cron runs them, the units read by systemd. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import type { Sandbox } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { reelmillIn } from '../support/command.ts';
import { smallMedia } from '../support/mill.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const UNITS = path.join(ROOT, 'docs', 'systemd');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
// Whole processes, several a test, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  // A quotation mark and a percent sign mean something to a shell and to cron.
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'reelmill-cron-')), "it's 100%");
  await mkdir(folder);
  sandbox = await startSandbox({ media: smallMedia(), imageSeconds: 0, videoSeconds: 0 });
});
afterAll(async () => {
  await sandbox.close();
  await rm(path.dirname(folder), { recursive: true, force: true });
});

/** What cron makes of the command: `\%` is a percent sign. */
function asCron(line: string): { readonly time: string; readonly command: string } {
  const match = /^(\d+ \d+ \* \* \*) (.+)$/.exec(line);
  if (match === null) throw new Error(`not a line of a crontab: ${line}`);
  const [, time = '', command = ''] = match;
  if (/(?<!\\)%/.test(command)) throw new Error(`cron would cut this line: ${line}`);
  return { time, command: command.replaceAll(String.raw`\%`, '%') };
}

test('R1 the cron lines that init writes make a post, with nothing but what cron gives them', async () => {
  await reelmillIn(folder, ['init', '.', '--language', 'en', '--store', 'folder:posts']);
  const config = JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8'));
  config.IMAGE_GENERATION = { output_size: '320x180' };
  config.VIDEO = { runway_duration: 2, mock_duration: 1, mock_fps: 8 };
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
  const variables = { ...sandboxVariables(sandbox), REELMILL_STORE: 'folder:posts' };
  const text = Object.entries(variables).map((pair) => pair.join('='));
  await writeFile(path.join(folder, '.env'), `${text.join('\n')}\n`);
  // As `npm install reelmill` would leave it.
  await mkdir(path.join(folder, 'node_modules', '.bin'), { recursive: true });
  await symlink(path.join(ROOT, 'bin', 'reelmill.js'), path.join(folder, 'node_modules', '.bin', 'reelmill'));
  const page = await readFile(path.join(folder, 'CHANNEL.md'), 'utf8');
  const lines = page.split('\n').filter((line) => line.includes('* * *'));
  // The last one looks, at `SCHEDULE.ready_by`, whether a post is ready.
  expect(lines.map((line) => asCron(line).time)).toEqual([
    '30 20 * * *',
    '30 21 * * *',
    '30 1 * * *',
    '0 6 * * *',
  ]);
  const node = path.dirname(execFileSync('sh', ['-c', 'command -v node'], { encoding: 'utf8' }).trim());
  for (const line of lines.slice(0, 2)) {
    const env = {
      HOME: path.dirname(folder),
      SHELL: '/bin/sh',
      LOGNAME: 'nobody',
      PATH: `${node}:/usr/bin:/bin`,
    };
    const code = await new Promise<number | null>((resolve) => {
      const shell = spawn('/bin/sh', ['-c', asCron(line).command], { cwd: '/', env, stdio: 'ignore' });
      shell.on('close', resolve);
    });
    expect([line, code]).toEqual([line, 0]);
  }
  expect(await readdir(path.join(folder, 'posts', '666'))).toHaveLength(3);
  const log = await readFile(path.join(folder, 'reelmill.log'), 'utf8');
  expect(log).toContain('A post is finished.');
  expect(log).toContain('Nothing to check.');
  expect(log).not.toContain('sandbox-openai-key');
});

test('R1 docs/going-live.md shows the lines that init writes, and the units have the same times', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'going-live.md'), 'utf8');
  const lines = page.split('\n').filter((line) => /^\d+ \d+ \* \* \*/.test(line));
  expect(lines.map(asCron)).toEqual([
    {
      time: '30 20 * * *',
      command: "cd '/srv/mychannel' && node_modules/.bin/reelmill run >> reelmill.log 2>&1",
    },
    {
      time: '30 21 * * *',
      command: "cd '/srv/mychannel' && node_modules/.bin/reelmill run --check >> reelmill.log 2>&1",
    },
    {
      time: '30 1 * * *',
      command: "cd '/srv/mychannel' && node_modules/.bin/reelmill run --check >> reelmill.log 2>&1",
    },
    {
      time: '0 6 * * *',
      command: "cd '/srv/mychannel' && node_modules/.bin/reelmill run --check >> reelmill.log 2>&1",
    },
  ]);
  const times = (unit: string): string[] =>
    [
      ...readFileSync(path.join(UNITS, unit), 'utf8').matchAll(/^OnCalendar=\*-\*-\* (\d\d:\d\d):00 UTC$/gm),
    ].map(([, time = '']) => time);
  expect(times('reelmill@.timer')).toEqual(['20:30']);
  expect(times('reelmill-check@.timer')).toEqual(['21:30', '01:30', '06:00']);
  for (const [, link = ''] of page.matchAll(/\]\(([^)#]+)\)/g))
    expect([link, existsSync(path.join(ROOT, 'docs', link))]).toEqual([link, true]);
});

test.skipIf(!hasSystemd)(
  'systemd reads the units without a word, and would find a mistake in them',
  async () => {
    const place = path.join(path.dirname(folder), 'units');
    await mkdir(place);
    const program = path.join(place, 'reelmill');
    await writeFile(program, '#!/bin/sh\n');
    await chmod(program, 0o755);
    const verify = async (mistake: (text: string) => string): Promise<string> => {
      for (const name of await readdir(UNITS)) {
        const text = readFileSync(path.join(UNITS, name), 'utf8');
        // The channel’s own folder is not here.
        const local = text.replaceAll('/srv/reelmill/%i/node_modules/.bin/reelmill', program);
        await writeFile(path.join(place, name), mistake(local));
      }
      const units = [
        'reelmill@one.service',
        'reelmill-check@one.service',
        'reelmill@one.timer',
        'reelmill-check@one.timer',
      ];
      const ended = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', ...units.map((unit) => path.join(place, unit))],
        {
          encoding: 'utf8',
        },
      );
      return `${ended.stdout}${ended.stderr}`
        .split('\n')
        .filter((line) => line.includes('reelmill'))
        .join('\n');
    };
    expect(await verify((text) => text)).toBe('');
    expect(
      await verify((text) => text.replace('OnCalendar=*-*-* 20:30:00 UTC', 'OnCalendar=daily at 20:30')),
    ).not.toBe('');
    expect(await verify((text) => text.replace('Type=oneshot', 'Type=onceonly'))).not.toBe('');
  },
);
