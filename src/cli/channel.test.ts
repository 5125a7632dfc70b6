import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { openEnvironment } from './channel.ts';
import type { Cli } from './cli.ts';

const cli: Cli = {
  variables: {},
  print: () => {},
  tell: () => {},
  colors: pc.createColors(false),
  live: false,
  signal: new AbortController().signal,
  setExitCode: () => {},
};

test.each([
  ['folder:posts', 'posts'],
  ['folder:./a/posts', 'a/posts'],
])(
  'S2 %s in a file of variables is a folder beside that file, wherever the command is given',
  (value, expected) => {
    const place = mkdtempSync(join(tmpdir(), 'reelmill-env-'));
    try {
      writeFileSync(join(place, '.env'), `REELMILL_STORE=${value}\n`);
      const opened = openEnvironment(cli, { envFile: join(place, '.env') });
      if (!opened.ok) throw new Error(opened.failure.message);
      expect(opened.value.store).toEqual({ kind: 'folder', path: join(place, expected) });
    } finally {
      rmSync(place, { recursive: true });
    }
  },
);

test('an absolute folder in a file of variables stays as it is', () => {
  const place = mkdtempSync(join(tmpdir(), 'reelmill-env-'));
  try {
    writeFileSync(join(place, '.env'), 'REELMILL_STORE=folder:/srv/posts\n');
    const opened = openEnvironment(cli, { envFile: join(place, '.env') });
    expect(opened).toMatchObject({ ok: true, value: { store: { kind: 'folder', path: '/srv/posts' } } });
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('S6 I8 a byte order mark before the first variable of a file hides it neither from the run nor from the filter', () => {
  const place = mkdtempSync(join(tmpdir(), 'reelmill-env-'));
  try {
    writeFileSync(
      join(place, '.env'),
      '\uFEFFOPENAI_API_KEY=sk-behind-the-mark\nREELMILL_STORE=folder:posts\n',
    );
    const hidden: string[] = [];
    const watched: Cli = {
      ...cli,
      hide: (secrets) => hidden.push(...secrets.map((secret) => secret.reveal())),
    };
    const opened = openEnvironment(watched, { envFile: join(place, '.env') });
    if (!opened.ok) throw new Error(opened.failure.message);
    expect(opened.value.openaiApiKey?.reveal()).toBe('sk-behind-the-mark');
    expect(hidden).toContain('sk-behind-the-mark');
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('the .env beside the configuration is read, and no other one; what is no file, or not for us to read, is let be', () => {
  const place = mkdtempSync(join(tmpdir(), 'reelmill-env-'));
  try {
    for (const name of ['mine', 'other', 'python']) mkdirSync(join(place, name));
    writeFileSync(join(place, 'mine', '.env'), 'REELMILL_STORE=folder:posts\nB2_BUCKET_NAME=mine\n');
    mkdirSync(join(place, 'python', '.env'));
    const opened = (name: string, variables = {}) =>
      openEnvironment({ ...cli, variables }, { config: join(place, name, 'config.json') });
    expect(opened('mine')).toMatchObject({
      ok: true,
      value: { store: { kind: 'folder', path: join(place, 'mine', 'posts') } },
    });
    // Those of the environment win.
    expect(opened('mine', { REELMILL_STORE: 'bucket' })).toMatchObject({
      value: { store: { kind: 'bucket' } },
    });
    expect(opened('other')).toMatchObject({ ok: true, value: { store: { kind: 'bucket' } } });
    expect(opened('python')).toMatchObject({ ok: true, value: { store: { kind: 'bucket' } } });
    expect(openEnvironment(cli, { envFile: join(place, 'python', '.env') })).toMatchObject({ ok: false });
  } finally {
    rmSync(place, { recursive: true });
  }
});
