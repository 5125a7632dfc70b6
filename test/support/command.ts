/** The command line in a process of its own, in a folder and with variables that a test chooses; nothing else is passed on. */
import { spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');

export interface CommandEnded {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

export function reelmillIn(
  folder: string,
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandEnded> {
  const child = spawn(process.execPath, [path.join(ROOT, 'bin', 'reelmill.js'), ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, TZ: 'UTC', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, told] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (told += String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, told })));
}
