/** `reelmill config check`: everything that is wrong with a configuration, at once, with what to write instead. */
import type { Command } from 'commander';
import type { ConfigReport } from '../../config/check.ts';
import type { Environment } from '../../config/environment.ts';
import { globalOptions, printJson, reportFailure, type Cli, type GlobalOptions } from '../cli.ts';
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
  const { configPathOf, openEnvironment } = await import('../channel.ts');
  const { inspectConfig } = await import('../../config/load.ts');
  const environment = openEnvironment(cli, options);
  if (!environment.ok) return reportFailure(cli, options, environment.failure);
  const path = configPathOf(options, environment.value);
  const inspected = await inspectConfig(path);
  if (!inspected.ok) return reportFailure(cli, options, inspected.failure);
  const report = inspected.value;
  if (report.ok) await tellUsable(cli, options, path, report, environment.value);
  else await tellProblems(cli, options, path, report);
}

async function tellProblems(
  cli: Cli,
  options: GlobalOptions,
  path: string,
  { notes, problems }: Extract<ConfigReport, { ok: false }>,
): Promise<void> {
  const { refusal } = await import('../../config/load.ts');
  const { describeNote } = await import('../../config/problem.ts');
  const { failure } = refusal(problems, path);
  cli.setExitCode(EXIT.config);
  if (options.json === true)
    return printJson(cli, { ok: false, exitCode: EXIT.config, failure, path, problems, warnings: notes });
  const { red, yellow } = cli.colors;
  cli.tell(`${cli.live ? red('✖') : 'error:'} ${failure.message}`);
  for (const note of notes) cli.tell(`${cli.live ? yellow('▲') : 'note:'} ${describeNote(note)}`);
}

async function tellUsable(
  cli: Cli,
  options: GlobalOptions,
  path: string,
  { config, notes }: Extract<ConfigReport, { ok: true }>,
  environment: Environment,
): Promise<void> {
  const [{ secretsOfAddresses }, { describeNote }, { missingVariables }, { costNotes }] = await Promise.all([
    import('../../config/channel-redactor.ts'),
    import('../../config/problem.ts'),
    import('../../config/resolved.ts'),
    import('../../app/cost-notes.ts'),
  ]);
  cli.hide?.(secretsOfAddresses(config));
  const warnings = [...notes, ...costNotes(config)];
  const missing = missingVariables(config, environment);
  cli.setExitCode(EXIT.done);
  if (options.json === true) return printJson(cli, { ok: true, path, warnings, missingVariables: missing });
  const { colors } = cli;
  for (const note of warnings) cli.print(`${colors.yellow('▲')} ${describeNote(note)}`);
  if (missing.length > 0)
    cli.print(
      `${colors.yellow('▲')} Not set in this environment, and needed by \`reelmill run\`: ${missing.join(', ')}`,
    );
  if (options.quiet === true) return;
  const count = warnings.length;
  const remarks = count === 0 ? '' : `, with ${count} ${count === 1 ? 'remark' : 'remarks'}`;
  cli.print(`${colors.green('●')} ${path} can be used${remarks}.`);
}
