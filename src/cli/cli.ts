/** What a command may use of the process it runs in. Passed in, so that commands can be tested without one. */
import type { Command } from 'commander';
import type { Colors } from 'picocolors/types.ts';
import { describeFailure, type Failure } from '../domain/failure.ts';
import type { Secret } from '../domain/secret.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';

export interface Cli {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Writes a line to standard output: the command's answer. */
  readonly print: (line: string) => void;
  /** Writes a line to standard error: what happens meanwhile. */
  readonly tell: (line: string) => void;
  /** For standard output. */
  readonly colors: Colors;
  /** Standard error is a terminal that somebody looks at: spinners may turn there. */
  readonly live: boolean;
  /** Fires at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Asks a person for one line; absent where nobody could answer. A `FailureError` when the answer does not come. */
  readonly ask?: (question: string) => Promise<string>;
  /** Takes the secrets out of a text that leaves by another way than `print` and `tell`. */
  readonly redact?: (text: string) => string;
  /** Secrets that are not in `variables`, and not to be shown either. */
  readonly hide?: (secrets: readonly Secret[]) => void;
  readonly setExitCode: (code: ExitCode) => void;
}

/** Understood by every command. */
export interface GlobalOptions {
  readonly config?: string;
  readonly store?: string;
  /** A file of variables; those of the environment win. */
  readonly envFile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Ends a command with a failure: for a script as JSON on standard output, for a person on standard error. */
export function reportFailure(cli: Cli, options: GlobalOptions, failure: Failure): void {
  const exitCode = exitCodeOf(failure);
  cli.setExitCode(exitCode);
  if (options.json === true) printJson(cli, { ok: false, exitCode, failure });
  else cli.tell(`${cli.live ? cli.colors.red('✖') : 'error:'} ${describeFailure(failure)}`);
}

export function printJson(cli: Cli, value: unknown): void {
  cli.print(JSON.stringify(value, null, 2));
}
