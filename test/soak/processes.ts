/** Real `reelmill run` processes, as a scheduler starts them, and the ways in which they are killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { watch, type FSWatcher } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import type { Place } from './place.ts';
import { accountsOf, type SoakProviders } from './providers.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/reelmill.js');
/** A run that has nothing to wait for takes seconds; one that takes this long hangs. */
const HANGING_MILLISECONDS = 120_000;

/** When a process is killed: right as its n-th paid call is charged, at its n-th write, after a time, or never. */
export type KillPlan =
  | { readonly at: 'paid call'; readonly count: number; readonly milliseconds: number }
  | { readonly at: 'write'; readonly count: number }
  | { readonly at: 'time'; readonly milliseconds: number }
  | { readonly at: 'never' };

export interface RunPlan {
  readonly mode: 'main' | 'check';
  readonly kill: KillPlan;
}

export interface EndedRun {
  readonly number: number;
  readonly plan: RunPlan;
  readonly killed: boolean;
  readonly exitCode: number | null;
  /** How the run says that it ended; null when it was killed or gave no report. */
  readonly stop: string | null;
  readonly errors: string;
  readonly milliseconds: number;
}

export interface Workshop {
  readonly place: Place;
  readonly providers: SoakProviders;
  readonly configPath: string;
  /** For the temporary files of the processes. */
  readonly temporary: string;
}

const reportSchema = z.looseObject({ stop: z.string().optional(), failure: z.unknown() });

export function keyOf(number: number): string {
  return `soak-key-of-run-${number}`;
}

export async function runProcess(workshop: Workshop, number: number, plan: RunPlan): Promise<EndedRun> {
  const { place, providers, configPath, temporary } = workshop;
  const started = performance.now();
  const words = ['run', '--zero-delay', '--json', '--config', configPath];
  if (plan.mode === 'check') words.push('--check');
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      TMPDIR: temporary,
      NODE_COMPILE_CACHE: join(temporary, 'compile-cache'),
      REELMILL_LOG_LEVEL: 'warn',
      ...sandboxVariables(providers.sandbox),
      OPENAI_API_KEY: keyOf(number),
      MIDJOURNEY_API_KEY: keyOf(number),
      RUNWAY_API_KEY: keyOf(number),
      ...place.variables,
    },
  });
  const output = collected(child.stdout);
  const errors = collected(child.stderr);
  const stopAiming = await aim(workshop, child, number, plan.kill);
  const hanging = setTimeout(() => child.kill('SIGABRT'), HANGING_MILLISECONDS);
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, ended) => resolve([code, ended]));
  });
  clearTimeout(hanging);
  stopAiming();
  const killed = signal === 'SIGKILL';
  return {
    number,
    plan,
    killed,
    exitCode: signal === 'SIGABRT' ? -1 : exitCode,
    stop: killed ? null : stopIn(await output),
    errors: await errors,
    milliseconds: performance.now() - started,
  };
}

/** Sets up the kill; the answer takes it back. */
async function aim(
  { place, providers }: Workshop,
  child: ChildProcess,
  number: number,
  kill: KillPlan,
): Promise<() => void> {
  const shoot = (): void => void child.kill('SIGKILL');
  switch (kill.at) {
    case 'never':
      return () => {};
    case 'time': {
      const timer = setTimeout(shoot, kill.milliseconds);
      return () => clearTimeout(timer);
    }
    case 'write':
      return onWrite(place.writes, kill.count, shoot);
    case 'paid call': {
      const accounts = accountsOf(keyOf(number));
      let left = kill.count;
      let timer: NodeJS.Timeout | undefined;
      const paid = (): void => {
        left -= 1;
        if (left !== 0) return;
        if (kill.milliseconds === 0) shoot();
        else timer = setTimeout(shoot, kill.milliseconds);
      };
      for (const account of accounts) providers.onPaid.set(account, paid);
      return () => {
        clearTimeout(timer);
        for (const account of accounts) providers.onPaid.delete(account);
      };
    }
  }
}

async function onWrite(folder: string | null, count: number, shoot: () => void): Promise<() => void> {
  if (folder === null) throw new Error('writes cannot be seen in this store');
  await mkdir(folder, { recursive: true });
  let seen = 0;
  const watcher: FSWatcher = watch(folder, () => {
    seen += 1;
    if (seen === count) shoot();
  });
  return () => watcher.close();
}

async function collected(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

function stopIn(output: string): string | null {
  try {
    const report = reportSchema.parse(JSON.parse(output));
    return report.stop ?? 'failed';
  } catch {
    return null;
  }
}
