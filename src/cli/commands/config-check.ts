/** `reelmill config check`: everything that is wrong with a configuration, at once, with what to write instead. */
import type { Command } from 'commander';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';

export function addConfigCheck(program: Command, cli: Cli): void {
  program
    .command('config')
    .description('work with the configuration')
    .command('check')
    .description(
      'say everything that is wrong or outdated in the configuration, and what is missing in the environment',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  reelmill config check\n  reelmill config check --config channels/news/config.json --json',
    )
    .action(async (_flags: unknown, command: Command) => {
      await check(cli, command);
    });
}

async function check(cli: Cli, command: Command): Promise<void> {
  const options = globalOptions(command);
  const { openChannel } = await import('../channel.ts');
  const { describeNote } = await import('../../config/problem.ts');
  const { missingVariables } = await import('../../config/resolved.ts');
  const channel = await openChannel(cli, options);
  if (!channel.ok) return reportFailure(cli, options, channel.failure);
  const { environment, loaded } = channel.value;
  const { costNotes } = await import('../../app/cost-notes.ts');
  const warnings = [...loaded.warnings, ...costNotes(loaded.config)];
  const missing = missingVariables('run', loaded.config, environment);
  cli.setExitCode(EXIT.done);
  if (options.json === true) {
    printJson(cli, { ok: true, path: loaded.path, warnings, missingVariables: missing });
    return;
  }
  const { colors } = cli;
  for (const note of warnings) cli.print(`${colors.yellow('▲')} ${describeNote(note)}`);
  if (missing.length > 0)
    cli.print(
      `${colors.yellow('▲')} Not set in this environment, and needed by \`reelmill run\`: ${missing.join(', ')}`,
    );
  const count = warnings.length;
  const remarks = count === 0 ? '' : `, with ${count} ${count === 1 ? 'remark' : 'remarks'}`;
  cli.print(`${colors.green('●')} ${loaded.path} can be used${remarks}.`);
}
