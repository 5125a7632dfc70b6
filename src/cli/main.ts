/** The command line: builds the program, runs it, and turns whatever happens into an exit code. */
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { failure, FailureError, type Failure } from '../domain/failure.ts';
import { reportFailure, type Cli } from './cli.ts';
import { addAlerts } from './commands/alerts.ts';
import { addConfigCheck } from './commands/config-check.ts';
import { addCosts } from './commands/costs.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplain } from './commands/explain.ts';
import { addHistory } from './commands/history.ts';
import { addRepair } from './commands/repair.ts';
import { addServe } from './commands/serve.ts';
import { addShow } from './commands/show.ts';
import { addInit } from './commands/init.ts';
import { addRun } from './commands/run.ts';
import { addSandbox } from './commands/sandbox.ts';
import { addSingleSteps } from './commands/single-steps.ts';
import { addStatus } from './commands/status.ts';
import { discreet } from './discreet.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { createInterruption } from './interruption.ts';
import { oneLine, plainText } from './output/plain-text.ts';
import { askTerminal } from './questions.ts';
import { version } from './version.ts';

const INTERRUPTED = 130;
const BUG = 'This is a bug in Reelmill; please report it with these lines.';
/** Characters. */
const LONGEST_COMPLAINT = 1_500;

function processCli(): Cli {
  const { heard, signal } = createInterruption(
    () => performance.now(),
    () => process.exit(INTERRUPTED),
  );
  // A terminal that is closed, or an ssh connection that is lost, must not leave the lock behind.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, heard);
  // A reader that went away (`| head`) must not end a run in the middle.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  // Off a terminal `isTTY` is undefined, which would mean “decide yourself”.
  const colored = process.stdout.isTTY === true && pc.isColorSupported && process.env['CI'] === undefined;
  return {
    variables: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    tell: (line) => void process.stderr.write(`${line}\n`),
    colors: pc.createColors(colored),
    live: process.stderr.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb',
    signal,
    ...(process.stdin.isTTY && process.stderr.isTTY
      ? { ask: (question: string) => askTerminal(question, signal) }
      : {}),
    setExitCode: (code: ExitCode) => void (process.exitCode = code),
  };
}

/** `complain`: told of what was typed wrong, instead of a person. */
export function buildProgram(cli: Cli, complain = cli.tell): Command {
  const program = new Command('reelmill');
  program
    .description(
      'The mill behind a channel that posts every day: topic, text, picture and video, from a scheduler.',
    )
    .version(version(), '-v, --version')
    .option('--config <file>', 'configuration (default: config.json, or REELMILL_CONFIG)')
    .option('--store <place>', 'folder:PATH or s3://BUCKET (default: the bucket of the environment)')
    .option(
      '--env-file <file>',
      'read variables from this file too (default: .env beside the configuration, if there is one); those of the environment win',
    )
    .option('--json', 'answer as JSON, for scripts')
    .option('--quiet', 'say nothing unless something is wrong')
    .configureOutput({
      writeOut: (text) => cli.print(text.trimEnd()),
      writeErr: (text) => complain(text.trimEnd()),
      // A complaint repeats what was typed.
      outputError: (text, write) => write(plainText(text.slice(0, LONGEST_COMPLAINT))),
    })
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  reelmill demo              see two posts being made on this machine, without keys
  reelmill init              set up a channel of your own
  reelmill doctor            is everything here that a run needs? spends nothing
  reelmill config check      is the configuration right?
  reelmill status            where the channel stands and what the next run will do

Exit codes: 0 done or nothing to do, 1 bug, 2 usage, 3 configuration, 4 provider,
5 state, 6 store, 7 budget; of doctor also 8 a warning, 9 a problem`,
    );
  for (const add of [
    addRun,
    addServe,
    addStatus,
    addCosts,
    addHistory,
    addExplain,
    addShow,
    addRepair,
    addSingleSteps,
    addConfigCheck,
    addAlerts,
    addInit,
    addDoctor,
    addSandbox,
    addDemo,
  ])
    add(program, cli);
  return program;
}

export async function main(words: readonly string[], outspoken: Cli): Promise<void> {
  const cli = discreet(outspoken);
  const program = buildProgram(cli, asksForJson(words) ? () => {} : cli.tell);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      cli.setExitCode(error.exitCode === 0 ? EXIT.done : EXIT.usage);
      if (error.exitCode !== 0 && asksForJson(words)) reportFailure(cli, { json: true }, usageFailure(error));
    } else if (error instanceof FailureError) reportFailure(cli, program.opts(), error.failure);
    else {
      cli.setExitCode(EXIT.bug);
      cli.tell(`${BUG}\n${stackOf(error)}`);
    }
  }
}

/** Asked of the words themselves: options that could not be read are not there to be asked. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? words.length : end).includes('--json');
}

function usageFailure({ code, message }: CommanderError): Failure {
  const said = oneLine(message.replace(/^error: /, ''), LONGEST_COMPLAINT);
  return failure('usage', code === 'commander.help' ? 'No command was named' : said).failure;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The process’s own command line. */
export function start(words: readonly string[]): Promise<void> {
  // A run waits for others most of its time: a young generation that stays small costs it nothing and saves tens of megabytes.
  setFlagsFromString('--semi-space-growth-factor=1');
  // One for the whole process, the handler included: what a command reads from a file of variables is hidden there too (I8).
  const cli = discreet(processCli());
  // Node would print an error that nobody caught as it stands, with all that hangs on it.
  process.on('uncaughtException', (error) => {
    cli.tell(`${BUG}\n${stackOf(error)}`);
    process.exit(EXIT.bug);
  });
  return main(words, cli);
}

if (import.meta.main) await start(process.argv.slice(2));
