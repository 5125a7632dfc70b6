/** `reelmill alerts test`: does a message really arrive? A wrong chat id is found now, or on the day when it matters. */
import type { Command } from 'commander';
import { describeFailure, failure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';

/** What a failed message of a run gets for advice speaks of the next run; here somebody waits. */
const TRY_AGAIN = 'Mend it and try again; docs/alerts.md says what to set.';

export function addAlerts(program: Command, cli: Cli): void {
  program
    .command('alerts')
    .description('try the ways to reach you')
    .command('test')
    .description('send a test message to everybody whom alerts go to')
    .addHelpText('after', '\nExamples:\n  reelmill alerts test\n  reelmill alerts test --json')
    .action(async (_flags: unknown, command: Command) => sendTest(cli, command));
}

async function sendTest(cli: Cli, command: Command): Promise<void> {
  const options = globalOptions(command);
  const { openChannel } = await import('../channel.ts');
  const channel = await openChannel(cli, options);
  if (!channel.ok) return reportFailure(cli, options, channel.failure);
  const { testAlerts } = await import('../../app/alerts.ts');
  const { config } = channel.value.loaded;
  const { problems, results } = await testAlerts(config, channel.value.environment);
  if (results.length === 0) {
    const advice = { advice: [...problems, 'See docs/alerts.md for what to set.'].join(' ') };
    const nobody = failure('config_invalid', 'Nobody is set up to be told', {}, advice);
    return reportFailure(cli, options, nobody.failure);
  }
  const reached = results.every(({ failed }) => failed === null);
  cli.setExitCode(reached ? EXIT.done : EXIT.provider);
  if (options.json === true)
    return printJson(cli, { command: 'alerts test', ok: reached, results, problems });
  for (const { failed, to } of results)
    cli.print(
      failed === null
        ? `${cli.colors.green('●')} ${to}: sent`
        : `${cli.colors.red('✖')} ${to}: ${describeFailure({ ...failed, advice: TRY_AGAIN })}`,
    );
  for (const problem of problems) cli.tell(`warning: ${problem}`);
}
