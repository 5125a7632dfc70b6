/** `reelmill repair`: says what is odd about the channel, and mends it with `--apply`. */
import type { Command } from 'commander';
import type { RepairedFinding, RepairReport } from '../../runtime/repair.ts';
import type { Operation } from '../../workflow/finding.ts';
import { describeFailure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli, type GlobalOptions } from '../cli.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes.ts';
import { oneLine, wrapped } from '../output/plain-text.ts';

const WIDTH = 96;

export function addRepair(program: Command, cli: Cli): void {
  program
    .command('repair')
    .description(
      'find what is odd about the channel: damaged documents, split posts, stale locks; reads only',
    )
    .option('--apply', 'mend what can be explained; whatever is replaced or removed is kept in quarantine/')
    .addHelpText(
      'after',
      `
Examples:
  reelmill repair                     what is odd, and what would be done about it
  reelmill repair --apply
  reelmill repair --json | jq '.findings[].kind'

Exit codes: 0 nothing to mend, or mended, or another run holds the channel; 5 something waits to be mended.`,
    )
    .action(async (flags: { readonly apply?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const { openChannel } = await import('../channel.ts');
      const channel = await openChannel(cli, options);
      if (!channel.ok) return reportFailure(cli, options, channel.failure);
      const { repair } = await import('../../app/repair.ts');
      const report = await repair(channel.value.surroundings, { apply: flags.apply === true });
      if (!report.ok) return reportFailure(cli, options, report.failure);
      tell(cli, options, report.value, flags.apply === true);
    });
}

function tell(cli: Cli, options: GlobalOptions, report: RepairReport, apply: boolean): void {
  const code = exitCodeOfRepair(report, apply);
  cli.setExitCode(code);
  if (options.json === true) return printJson(cli, { ok: code === EXIT.done, exitCode: code, ...report });
  if (options.quiet === true && code === EXIT.done) return;
  printReport(cli, report, apply);
}

/** A failed remedy tells its own kind; one that waits is damaged state. Another holder is no error, as for a run. */
function exitCodeOfRepair(report: RepairReport, apply: boolean): ExitCode {
  const failed = report.findings.find(({ problem }) => problem !== null);
  if (failed) return exitCodeOf(failed.problem);
  if (apply && !report.applied) return EXIT.done;
  return report.findings.some(({ outcome }) => outcome === 'proposed') ? EXIT.state : EXIT.done;
}

const HEADINGS = {
  mended: 'Mended',
  failed: 'Could not be mended',
  proposed: 'Can be mended',
  reported: 'Odd, and left alone',
} as const;

function printReport(cli: Cli, report: RepairReport, apply: boolean): void {
  const { colors } = cli;
  const { findings, holder, quarantine } = report;
  if (apply && !report.applied && holder !== null)
    cli.print(
      `${colors.yellow('▲')} ${oneLine(holder)} holds the channel; nothing was done. Try again when it is free.`,
    );
  else if (holder !== null)
    cli.print(colors.dim(`A run is at work (${oneLine(holder)}); some of this may be its half-done work.`));
  if (findings.length === 0) cli.print(`${colors.green('●')} Nothing is odd.`);
  for (const outcome of ['failed', 'mended', 'proposed', 'reported'] as const) {
    const some = findings.filter((finding) => finding.outcome === outcome);
    if (some.length === 0) continue;
    cli.print(colors.bold(HEADINGS[outcome]));
    for (const finding of some) printFinding(cli, finding);
  }
  if (quarantine !== null) cli.print(`What was replaced or removed is kept in ${quarantine}`);
  const waiting = findings.filter(({ outcome }) => outcome === 'proposed');
  if (apply || waiting.length === 0) return;
  if (waiting.some(({ kind }) => kind === 'damaged-document'))
    cli.print('Posts can be judged when the documents are mended: after each remedy --apply looks again.');
  cli.print(`Nothing was changed. ${colors.bold('reelmill repair --apply')} mends what can be mended.`);
}

function printFinding(cli: Cli, finding: RepairedFinding): void {
  const { colors } = cli;
  cli.print(`  ${finding.kind}  ${colors.bold(oneLine(finding.where))}`);
  for (const line of wrapped(finding.explanation, WIDTH)) cli.print(`    ${line}`);
  if (finding.problem) cli.print(colors.red(`    ${oneLine(describeFailure(finding.problem), 400)}`));
  if (finding.outcome !== 'proposed') return;
  for (const operation of finding.remedy ?? [])
    cli.print(colors.dim(`    → ${oneLine(operationText(operation), 160)}`));
}

function operationText(operation: Operation): string {
  switch (operation.type) {
    case 'set-aside':
      return `move ${operation.key} into quarantine/`;
    case 'gather':
      return `move ${operation.from} to ${operation.to}`;
    case 'write':
      return operation.replaces === null
        ? `write ${operation.key}`
        : `keep ${operation.key} in quarantine/ and write it anew`;
    case 'drop-published':
      return `take ${operation.ids.join(', ')} off the publisher’s list`;
    case 'lower-lock':
      return 'lower processing_lock';
  }
}
