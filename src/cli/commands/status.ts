/** `reelmill status`: where the channel stands, and what the next run will do and why. */
import type { Command } from 'commander';
import type { ChannelStatus, ShelfEntry, StatusWithBudget } from '../../app/status.ts';
import type { Action } from '../../workflow/decide.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../output/plain-text.ts';
import { ACTION_TEXTS, minuteOf, reasonOf, standing } from '../output/texts.ts';

export function addStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .description('show where the channel stands and what the next run will do; reads only')
    .addHelpText('after', '\nExamples:\n  reelmill status\n  reelmill status --store folder:./channel --json')
    .action(async (_flags: unknown, command: Command) => {
      const options = globalOptions(command);
      const { openChannel } = await import('../channel.ts');
      const channel = await openChannel(cli, options);
      if (!channel.ok) return reportFailure(cli, options, channel.failure);
      const { statusOf } = await import('../../app/status.ts');
      const { config } = channel.value.loaded;
      const status = await statusOf(config, channel.value.environment);
      if (!status.ok) return reportFailure(cli, options, status.failure);
      cli.setExitCode(EXIT.done);
      const { main, check } = status.value.next;
      if (options.json === true)
        printJson(cli, { ok: true, ...status.value, why: { main: reasonOf(main), check: reasonOf(check) } });
      else printStatus(cli, status.value, config.FILE_PATHS);
    });
}

function printStatus(
  cli: Cli,
  status: StatusWithBudget,
  paths: { readonly folder_666: string; readonly folder_555: string; readonly folder_444: string },
): void {
  const { colors } = cli;
  const row = (name: string, text: string): void => cli.print(`${colors.dim(name.padEnd(12))}${text}`);
  row('Channel', status.store);
  const active = status.post === null ? '' : `${colors.bold(status.post)}: `;
  row('Post', `${active}${standing(status.phase, status.videoOrdered, status.post !== null)}`);
  if (status.taskSince !== null) row('', `ordered ${minuteOf(status.taskSince)}`);
  if (status.attempts > 0) row('', `${status.attempts} failed so far`);
  row('Lock', lockText(status));
  row('Conveyor', `${paths.folder_666} ${shelfText(status.conveyor.fresh)}`);
  row('', `${paths.folder_555} ${shelfText(status.conveyor.middle)}`);
  row('', `${paths.folder_444} ${shelfText(status.conveyor.front)}`);
  if (status.published.length > 0)
    row('Published', `${status.published.join(', ')}: archived by the next main run`);
  if (status.lateTasks > 0) row('Late', `${status.lateTasks} given up, and taken up if it comes after all`);
  if (status.lastRun?.failure)
    row(
      'Last run',
      colors.yellow(`${minuteOf(status.lastRun.at_utc)}: ${oneLine(status.lastRun.failure.message)}`),
    );
  row('Next run', nextText(status.next.main));
  row('Next check', nextText(status.next.check));
  if (status.stoppedByBudget !== null) row('Budget', colors.yellow(status.stoppedByBudget));
}

function shelfText(entries: readonly ShelfEntry[]): string {
  if (entries.length === 0) return '–';
  return entries.map(({ id, ready }) => (ready ? id : `${id} (incomplete)`)).join(', ');
}

function lockText({ lock }: ChannelStatus): string {
  if (!lock.held) return 'free';
  return lock.owner === null
    ? 'held by a tool that gives no name'
    : `held by a run (${lock.owner}), until ${lock.until === null ? 'nobody knows when' : minuteOf(lock.until)} at the latest`;
}

function nextText(action: Action): string {
  if (action.type === 'stop') return reasonOf(action);
  const { doing, provider } = ACTION_TEXTS[action.type];
  return `${provider === '' ? doing : `${doing} (${provider})`}: ${reasonOf(action)}`;
}
