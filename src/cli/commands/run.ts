/** `reelmill run`: the coordinator, once. */
import type { Command } from 'commander';
import type { Failure } from '../../domain/failure.ts';
import type { Part } from '../../runtime/single-step.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { version } from '../version.ts';

interface RunFlags {
  readonly check?: boolean;
  readonly zeroDelay?: boolean;
  readonly dryRun?: boolean;
  readonly report?: string;
}

export function addRun(program: Command, cli: Cli): void {
  program
    .command('run')
    .description('advance the channel by one run: finish what is waiting, or start the next post')
    .option('--check', 'only advance the post that is being made; never start a new one')
    .option('--zero-delay', 'ask for a picture at once after ordering it')
    .option('--dry-run', 'say what the run would do and cost, and do nothing; reads only')
    .option('--report <folder>', 'write summary.md, report.json and the picture of a finished post there')
    .addHelpText(
      'after',
      `
Examples:
  reelmill run                                the daily main run
  reelmill run --dry-run                      what would it do, and cost?
  reelmill run --check                        an hourly look in between
  reelmill run --store folder:./channel       keep everything in a folder
  reelmill run --json | jq .stop              how it ended, for a script`,
    )
    .action(async (flags: RunFlags, command: Command) => {
      if (flags.dryRun === true) return rehearse(cli, command, flags.check === true ? 'check' : 'main');
      await runOnce(cli, command, 'run', {
        mode: flags.check === true ? 'check' : 'main',
        zeroDelay: flags.zeroDelay === true,
        ...(flags.report === undefined ? {} : { report: flags.report }),
      });
    });
}

interface OneRun {
  readonly mode: 'main' | 'check';
  readonly zeroDelay: boolean;
  readonly part?: Part;
  /** Folder for `run --report`. */
  readonly report?: string;
}

/** Opens the channel, runs it once under progress, and reports. */
export async function runOnce(cli: Cli, command: Command, name: string, run: OneRun): Promise<void> {
  const options = globalOptions(command);
  const started = new Date();
  const refuse = async (failed: Failure): Promise<void> => {
    reportFailure(cli, options, failed);
    if (run.report === undefined) return;
    const { writeFailureReport } = await import('../output/report-folder.ts');
    await writeFailureReport(cli, run.report, failed);
  };
  const { caution, openChannel } = await import('../channel.ts');
  const channel = await openChannel(cli, options);
  if (!channel.ok) return refuse(channel.failure);
  const { hopelessBudgets } = await import('../../app/cost-notes.ts');
  for (const { message, path, suggestion } of hopelessBudgets(channel.value.loaded.config))
    caution(cli, channel.value.surroundings.log, `${path} ${message}. ${suggestion.replace(/\.$/, '')}`);
  const [{ composeWatched, runWatched }, { createProgress }, { reportRun }, { mediaOfRun }] =
    await Promise.all([
      import('../../app/watched-run.ts'),
      import('../output/progress.ts'),
      import('../output/run-report.ts'),
      import('../../app/run-findings.ts'),
    ]);
  const composed = await composeWatched(channel.value.surroundings, version());
  if (!composed.ok) return refuse(composed.failure);
  const { parts, watchers } = composed.value;
  // Who starts one of the single programs looks at it.
  const alerts = run.part === undefined ? watchers.alerts : null;
  const progress = createProgress(cli, options, channel.value.surroundings.log);
  try {
    const report = await runWatched(parts, run, { ...watchers, alerts, observe: progress.observe });
    await watchers.tracer?.close();
    reportRun(cli, options, name, report, await mediaOfRun(parts.context, report));
    if (run.report === undefined) return;
    const { writeRunReport } = await import('../output/report-folder.ts');
    await writeRunReport(cli, run.report, channel.value, report, started);
  } finally {
    progress.close();
  }
}

async function rehearse(cli: Cli, command: Command, mode: 'main' | 'check'): Promise<void> {
  const options = globalOptions(command);
  const { openChannel } = await import('../channel.ts');
  const channel = await openChannel(cli, options);
  if (!channel.ok) return reportFailure(cli, options, channel.failure);
  const [
    { composeRun },
    { callsOfOnePost },
    { budgetsOf },
    { dryRun },
    { printDryRun },
    { missingVariables },
    { sumUsd },
  ] = await Promise.all([
    import('../../app/compose.ts'),
    import('../../app/cost-notes.ts'),
    import('../../app/settings.ts'),
    import('../../app/dry-run.ts'),
    import('../output/dry-run-text.ts'),
    import('../../config/resolved.ts'),
    import('../../domain/ledger.ts'),
  ]);
  const parts = await composeRun(channel.value.surroundings);
  if (!parts.ok) return reportFailure(cli, options, parts.failure);
  const planned = await dryRun(parts.value, budgetsOf(channel.value.loaded.config), mode);
  if (!planned.ok) return reportFailure(cli, options, planned.failure);
  const { environment, loaded } = channel.value;
  const postAtMostUsd = sumUsd(callsOfOnePost(loaded.config).map(({ reserveUsd }) => reserveUsd));
  const missing = missingVariables(loaded.config, environment);
  cli.setExitCode(EXIT.done);
  if (options.json === true)
    return printJson(cli, {
      command: 'run --dry-run',
      ok: true,
      ...planned.value,
      postAtMostUsd,
      missingVariables: missing,
    });
  printDryRun(cli, planned.value, postAtMostUsd);
  if (missing.length > 0)
    cli.print(
      cli.colors.yellow(`▲ Not set, so that the run would stop where it needs them: ${missing.join(', ')}`),
    );
}
