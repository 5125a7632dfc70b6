/** How a run ended: for a person in two lines, for a script as JSON, for the scheduler as an exit code. */
import type { RunReport } from '../../runtime/run-channel.ts';
import { describeFailure } from '../../domain/failure.ts';
import type { Media } from '../../domain/post.ts';
import { printJson, type Cli, type GlobalOptions } from '../cli.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes.ts';
import { isMock, mediaLine } from './media-line.ts';
import { oneLine } from './plain-text.ts';
import { nextAfter, STOP_TEXTS } from './texts.ts';

const LONGEST_REASON = 500;
const shortReason = (reason: string): string => oneLine(reason, LONGEST_REASON);

export function exitCodeOfRun(report: RunReport): ExitCode {
  if (report.stop === 'turn-limit') return EXIT.bug;
  // M6: a picture that could not be asked for is tried again by the next run; the scheduler should still see it.
  if (report.stop === 'check-failed') return report.unasked ? exitCodeOf(report.unasked) : EXIT.provider;
  return exitCodeOf(report.failure);
}

/** W1: a check that found no task has not failed, but should not say “Done” either. */
function endingOf(
  command: string,
  report: RunReport,
): { readonly ended: string; readonly next: string | null } {
  if (
    command === 'check-image' &&
    report.failure === null &&
    report.stop !== 'locked' &&
    report.actions.length === 0
  )
    return { ended: 'No picture is being painted.', next: 'Nobody was asked and nothing was changed.' };
  return { ended: STOP_TEXTS[report.stop].ended, next: nextAfter(report) };
}

/** `media`: of the post that the run has finished; null when it finished none, or the post does not say. */
export function reportRun(
  cli: Cli,
  options: GlobalOptions,
  command: string,
  report: RunReport,
  media: Media | null,
): void {
  const code = exitCodeOfRun(report);
  cli.setExitCode(code);
  const { unasked, ...told } = report;
  const failure = report.failure ?? unasked ?? null;
  if (options.json === true) {
    printJson(cli, { command, ok: code === EXIT.done, exitCode: code, ...told, failure, media });
    return;
  }
  const stand = media !== null && isMock(media) ? mediaLine(media, shortReason) : null;
  if (options.quiet === true && code === EXIT.done && stand === null) return;
  const { ended, next } = endingOf(command, report);
  const mark = code === EXIT.done ? cli.colors.green('●') : cli.colors.red('●');
  const post = report.id === null ? '' : ` ${cli.colors.dim(`Post ${report.id}.`)}`;
  cli.print(`${mark} ${cli.colors.bold(ended)}${post}`);
  if (failure) cli.print(`  ${describeFailure(failure)}`);
  if (stand !== null) cli.print(`  ${cli.colors.yellow('▲')} ${stand}`);
  if (report.holder !== undefined) cli.print(`  Held by ${report.holder}.`);
  if (next !== null) cli.print(`  ${cli.colors.dim(next)}`);
}
