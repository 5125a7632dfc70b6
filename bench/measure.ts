/** What all measurements share: a child process with its time and its peak memory, and the median of several. */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';

export const ROOT = path.join(import.meta.dirname, '..');

export interface Measured {
  readonly seconds: number;
  /** Largest resident set of the process itself, in megabytes (10⁶ bytes). */
  readonly peakMegabytes: number;
  readonly output: string;
}

/** Writes the peak to a file as the process ends; the kernel counts it in kibibytes. */
const REPORT_PEAK = `data:text/javascript,${encodeURIComponent(
  "import{writeFileSync}from'node:fs';process.on('exit',()=>{if(process.env.PEAK_FILE)writeFileSync(process.env.PEAK_FILE,String(process.resourceUsage().maxRSS*1024))})",
)}`;

/** Runs Node with `words`; throws when it fails. `withPeak` costs a few milliseconds of start-up, so timings go without. */
export async function runNode(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  withPeak = false,
): Promise<Measured> {
  const peakFile = path.join(tmpdir(), `reelmill-peak-${process.pid}-${performance.now()}`);
  const env = { ...process.env, ...variables, ...(withPeak ? { PEAK_FILE: peakFile } : {}) };
  const started = performance.now();
  const child = spawn(process.execPath, [...(withPeak ? ['--import', REPORT_PEAK] : []), ...words], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`node ${words.join(' ')} ended with ${String(code)}:\n${output}`);
  const peakMegabytes = withPeak ? Number(await readFile(peakFile, 'utf8')) / 1_000_000 : 0;
  await rm(peakFile, { force: true });
  return { seconds, peakMegabytes, output };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

export async function medianOf(times: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let run = 0; run < times; run += 1) values.push(await measure());
  return median(values);
}
