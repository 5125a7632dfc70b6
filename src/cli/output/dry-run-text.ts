/** A run that is only foretold: what it would do, in order, and what each step would cost. */
import type { DryRun, PlannedAction } from '../../app/dry-run.ts';
import { describeStop } from '../../domain/budget.ts';
import { sumUsd } from '../../domain/ledger.ts';
import type { Cli } from '../cli.ts';
import { ACTION_TEXTS, dollars, STOP_TEXTS } from './texts.ts';

const COST_COLUMN = 62;

/** `postAtMostUsd`: all calls of one post, of which a run makes only some. */
export function printDryRun(cli: Cli, run: DryRun, postAtMostUsd: number): void {
  const { colors } = cli;
  const name = run.mode === 'main' ? 'main run' : 'check run';
  cli.print(
    `${colors.bold(`The next ${name} would:`)}  ${colors.dim('(foretold only: nothing is done or written)')}`,
  );
  let uncertain = false;
  for (const [index, action] of run.actions.entries()) {
    if (action.onlyIfPictureIsReady && !uncertain)
      cli.print(colors.dim('  if the picture is ready by then:'));
    uncertain = action.onlyIfPictureIsReady;
    const line = `${String(index + 1).padStart(3)}  ${titleOf(action)}`;
    const cost = costOf(action);
    cli.print(cost === '' ? line : `${line.padEnd(COST_COLUMN)}  ${cost}`);
  }
  cli.print(run.actions.length === 0 ? `  ${endOf(run)}` : `     End: ${endOf(run)}`);
  cli.print('');
  cli.print(sumOf(run));
  cli.print(`A whole post, over all its runs: at most ${dollars(postAtMostUsd)}.`);
}

function sumOf({ atMostUsd, usualUsd }: DryRun): string {
  if (atMostUsd === 0) return 'It would pay for nothing.';
  const most = `at most ${dollars(atMostUsd)} unless a call has to be repeated`;
  return usualUsd === atMostUsd
    ? `It would cost ${most}.`
    : `It would cost about ${dollars(usualUsd)}, and ${most}.`;
}

function titleOf(action: PlannedAction): string {
  const { doing, provider } = ACTION_TEXTS[action.action];
  if (action.why !== null) return `${doing}: ${action.why}`;
  return provider === '' ? doing : `${doing} (${provider})`;
}

function costOf({ calls }: PlannedAction): string {
  if (calls.length === 0) return '';
  const usual = sumUsd(calls.map(({ usualUsd }) => usualUsd));
  const most = sumUsd(calls.map(({ atMostUsd }) => atMostUsd));
  return usual === most ? dollars(most) : `about ${dollars(usual)}, at most ${dollars(most)}`;
}

function endOf({ stop, stoppedBy }: DryRun): string {
  if (stoppedBy !== null) {
    const { advice, message } = describeStop(stoppedBy.budget, stoppedBy.stage);
    return `${message}. ${advice}`;
  }
  if (stop === 'budget') return '';
  return STOP_TEXTS[stop].ended;
}
