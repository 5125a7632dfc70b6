/** `reelmill serve`: the channel by its own clock, until it is told to stop. */
import { InvalidArgumentError, type Command } from 'commander';
import type { ServeFacts } from '../../app/serve.ts';
import type { Channel } from '../channel.ts';
import { globalOptions, printJson, reportFailure, type Cli, type GlobalOptions } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { version } from '../version.ts';

interface ServeFlags {
  readonly host?: string;
  readonly port?: number;
  readonly now?: boolean;
  readonly zeroDelay?: boolean;
}

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .description('run the channel by the times of SCHEDULE until SIGTERM or Ctrl-C, with a port for health')
    .option('--host <address>', 'address to listen on (default: SERVE.host)')
    .option('--port <number>', 'port to listen on, 0 for a free one (default: SERVE.port)', portNumber)
    .option('--now', 'begin with a main run, whatever the time')
    .option('--zero-delay', 'ask for a picture at once after ordering it')
    .addHelpText(
      'after',
      `
Examples:
  reelmill serve                          SCHEDULE.main, SCHEDULE.checks, SCHEDULE.timezone
  reelmill serve --now                    and a main run at once
  curl -f http://127.0.0.1:8788/health    200, or 503 when the last due run failed or was not made`,
    )
    .action(async (flags: ServeFlags, command: Command) => serveChannel(cli, command, flags));
}

async function serveChannel(cli: Cli, command: Command, flags: ServeFlags): Promise<void> {
  const options = globalOptions(command);
  const { openChannel } = await import('../channel.ts');
  const channel = await openChannel(cli, options);
  if (!channel.ok) return reportFailure(cli, options, channel.failure);
  const [{ serve }, { createProgress }] = await Promise.all([
    import('../../app/serve.ts'),
    import('../output/progress.ts'),
  ]);
  const { config } = channel.value.loaded;
  const progress = createProgress(cli, options, channel.value.surroundings.log);
  const ended = await serve({
    surroundings: channel.value.surroundings,
    version: version(),
    host: flags.host ?? config.SERVE.host,
    port: flags.port ?? config.SERVE.port,
    startWithMain: flags.now === true,
    zeroDelay: flags.zeroDelay === true,
    observe: progress.observe,
    onListening: (facts) => announce(cli, options, channel.value.surroundings.log, facts),
  });
  progress.close();
  if (!ended.ok) return reportFailure(cli, options, ended.failure);
  cli.setExitCode(EXIT.done);
  const stopped =
    ended.value === 'stopped'
      ? 'Stopped'
      : 'Stopped in the middle of a step; the next run goes on from there';
  // Off a terminal there are lines of the log and no others.
  if (!cli.live) channel.value.surroundings.log.info(stopped);
  else if (options.json !== true && options.quiet !== true) cli.tell(`${stopped}.`);
  // The step that did not end would keep the process alive; what it has saved is what the next run needs.
  if (ended.value === 'cut') process.exit();
}

function announce(
  cli: Cli,
  options: GlobalOptions,
  log: Channel['surroundings']['log'],
  { next, url, warning, webhookPath }: ServeFacts,
): void {
  if (options.json === true)
    return printJson(cli, {
      command: 'serve',
      url,
      health: `${url}/health`,
      webhook: webhookPath === null ? null : `${url}${webhookPath}`,
      next: { mode: next.mode, at: next.at.toISOString() },
      warning,
    });
  if (options.quiet === true) return;
  cli.print(`Listening on ${url}: GET /health${webhookPath === null ? '' : `, POST ${webhookPath}`}`);
  cli.print(
    `Next by the schedule: ${next.mode} run at ${next.at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  );
  if (warning !== null && cli.live) cli.tell(`warning: ${warning}`);
  else if (warning !== null) log.warn(warning);
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a whole number from 0 to 65535 is needed');
  return port;
}
