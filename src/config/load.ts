/**
 * Reads the configuration once, at start, and refuses it there: a wrong value must not surface after the first paid
 * call of the night.
 */
import { open } from 'node:fs/promises';
import { failure, success } from '../domain/failure.ts';
import type { Result } from '../domain/failure.ts';
import { CONFIG_SIZE_LIMIT, checkConfig, type ConfigReport } from './check.ts';
import { describeProblem } from './problem.ts';
import type { ConfigNote, ConfigProblem } from './problem.ts';
import type { Config } from './schema.ts';

export interface LoadedConfig {
  /** Typed, with every default filled in. Unknown keys are kept. */
  readonly config: Config;
  /** The file as it was written. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** What works, but perhaps not as meant. */
  readonly warnings: readonly ConfigNote[];
  readonly path: string;
}

/** Loads and checks a configuration file. `config_invalid` names every problem, one a line; `too_large` above 1 MiB. */
export async function loadConfig(path: string): Promise<Result<LoadedConfig>> {
  const text = await readBounded(path);
  return text.ok ? interpretConfig(text.value, path) : text;
}

/** The same for a text that is already at hand; `path` only names it in messages. */
export function interpretConfig(text: string, path: string): Result<LoadedConfig> {
  const report = checkConfig(text);
  if (report.ok) return success({ config: report.config, raw: report.raw, warnings: report.notes, path });
  return refusal(report.problems, path);
}

/** Every problem, one a line, as the failure of whoever wanted to use the file. */
export function refusal(problems: readonly ConfigProblem[], path: string): ReturnType<typeof failure> {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const list = problems.map((problem) => `\n  - ${describeProblem(problem)}`).join('');
  return failure('config_invalid', `${path} has ${count}:${list}`, { key: path });
}

/** What can be said about a file, also about one that cannot be used. Fails when it cannot be read. */
export async function inspectConfig(path: string): Promise<Result<ConfigReport>> {
  const text = await readBounded(path);
  return text.ok ? success(checkConfig(text.value)) : text;
}

async function readBounded(path: string): Promise<Result<string>> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > CONFIG_SIZE_LIMIT) {
      return failure(
        'too_large',
        `The configuration is ${size} bytes; at most ${CONFIG_SIZE_LIMIT} are read`,
        { key: path },
      );
    }
    const buffer = Buffer.alloc(CONFIG_SIZE_LIMIT + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return success(new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return failure(
      'config_invalid',
      `The configuration could not be read: ${readReason(error)}`,
      { key: path },
      missing ? { advice: NOT_HERE } : {},
    );
  }
}

const NOT_HERE =
  'Go to the folder of your channel, or name the file with --config; `reelmill init` writes a new one.';

function readReason(error: unknown): string {
  if (error instanceof TypeError) return 'it is not UTF-8 text; save it as UTF-8';
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'this user may not read it';
  return typeof code === 'string' ? code : 'unknown reason';
}
