/** `reelmill sandbox`: every provider on this machine, for trying a configuration without keys or money. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { failure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';

interface SandboxFlags {
  readonly port: number;
  readonly imageSeconds: number;
  readonly videoSeconds: number;
  readonly gridOnly?: boolean;
  readonly faults?: string;
}

export function addSandbox(program: Command, cli: Cli): void {
  program
    .command('sandbox')
    .description('start local servers that speak as OpenAI, PiAPI and Runway do, until Ctrl-C')
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(0, 65_535), 8787)
    .option('--image-seconds <number>', 'how long a picture takes', wholeNumber(0, 86_400), 100)
    .option('--video-seconds <number>', 'how long a video takes', wholeNumber(0, 86_400), 40)
    .option('--grid-only', 'give pictures as a 2×2 grid, as some plans do')
    .option('--faults <file>', 'JSON list of ways to misbehave; see docs/sandbox.md')
    .addHelpText(
      'after',
      `
Examples:
  reelmill sandbox                        then copy the lines it prints into another terminal
  reelmill sandbox --image-seconds 5 --video-seconds 5
  reelmill run --store folder:./channel   in that other terminal`,
    )
    .action(async (flags: SandboxFlags, command: Command) => {
      await serve(cli, command, flags);
    });
}

async function serve(cli: Cli, command: Command, flags: SandboxFlags): Promise<void> {
  const options = globalOptions(command);
  const { sandboxVariables, startDrawnSandbox } = await import('../../app/drawn-sandbox.ts');
  const { port, imageSeconds, videoSeconds, gridOnly = false } = flags;
  let sandbox;
  try {
    const faults: unknown =
      flags.faults === undefined ? [] : JSON.parse(await readFile(flags.faults, 'utf8'));
    const { faultRulesSchema } = await import('../../sandbox/faults.ts');
    const rules = faultRulesSchema.parse(faults);
    sandbox = await startDrawnSandbox({ port, imageSeconds, videoSeconds, gridOnly, faults: rules });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = { advice: 'Choose another --port, or correct the file of --faults.' };
    return reportFailure(
      cli,
      options,
      failure('usage', `The sandbox did not start: ${reason}`, {}, advice).failure,
    );
  }
  try {
    const variables = sandboxVariables(sandbox);
    if (options.json === true) printJson(cli, { urls: sandbox.urls, variables });
    else {
      cli.print(`Sandbox on port ${sandbox.port}. In the terminal of your channel:\n`);
      for (const [name, value] of Object.entries(variables)) cli.print(`  export ${name}=${value}`);
      cli.print(`\nIts ledger of paid calls: ${sandbox.urls.control}/ledger\nStop with Ctrl-C.`);
    }
    if (!cli.signal.aborted) await once(cli.signal, 'abort');
  } finally {
    await sandbox.close();
  }
  cli.setExitCode(EXIT.done);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most} is needed`);
    return value;
  };
}
