/** `reelmill history`: what the channel has made, and the runs that it took. */
import type { Command } from 'commander';
import type { History, PostSummary, RunSummary } from '../../app/history.ts';
import { describeFailure, failure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../output/plain-text.ts';
import { dollars, duration, STOP_TEXTS } from '../output/texts.ts';

const DEFAULT_LIMIT = 15;
const MOST = 1_000;

export function addHistory(program: Command, cli: Cli): void {
  program
    .command('history')
    .description('list posts and runs, newest first: what, how long, result, cost; reads only')
    .option('--limit <number>', `how many of each (default: ${DEFAULT_LIMIT})`)
    .addHelpText(
      'after',
      `
Examples:
  reelmill history
  reelmill history --limit 100 --json | jq '.posts[] | {id, costUsd}'

A check that found nothing new is not listed: it changes nothing and writes nothing.`,
    )
    .action(async (flags: { readonly limit?: string }, command: Command) => {
      const options = globalOptions(command);
      const limit = flags.limit === undefined ? DEFAULT_LIMIT : Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
        const wrong = failure('usage', `--limit ${flags.limit} is not a number from 1 to ${MOST}`);
        return reportFailure(cli, options, wrong.failure);
      }
      const { openChannel } = await import('../channel.ts');
      const channel = await openChannel(cli, options);
      if (!channel.ok) return reportFailure(cli, options, channel.failure);
      const { historyOf } = await import('../../app/history.ts');
      const history = await historyOf(channel.value.loaded.config, channel.value.environment, limit);
      if (!history.ok) return reportFailure(cli, options, history.failure);
      cli.setExitCode(EXIT.done);
      if (options.json === true) printJson(cli, { ok: true, ...history.value });
      else printHistory(cli, history.value);
    });
}

function printHistory(cli: Cli, history: History): void {
  const { colors } = cli;
  cli.print(`${colors.bold('Posts')}  ${colors.dim(history.store)}`);
  if (history.posts.length === 0) cli.print('  none yet');
  for (const post of history.posts) cli.print(postLine(cli, post, history.archive));
  cli.print('');
  cli.print(colors.bold('Runs (UTC)'));
  if (history.runs.length === 0) cli.print('  none recorded yet');
  for (const run of history.runs) cli.print(runLine(cli, run));
  for (const problem of history.problems) cli.print(colors.yellow(describeFailure(problem)));
}

function postLine(cli: Cli, post: PostSummary, archive: string): string {
  const { colors } = cli;
  const took = post.seconds === null ? '' : duration(post.seconds);
  const cells = [
    post.id,
    placeOf(post, archive).padEnd(11),
    mediaOf(post).padEnd(15),
    took.padStart(12),
    dollars(post.costUsd).padStart(7),
    oneLine(post.topic ?? '', 60),
  ];
  const line = `  ${cells.join('  ')}`.trimEnd();
  return post.ready ? line : colors.yellow(line);
}

function placeOf({ folders, ready }: PostSummary, archive: string): string {
  if (folders.length === 0) return 'no files';
  if (folders.length > 1) return 'split';
  if (folders[0] === archive) return 'archived';
  return ready ? `in ${folders[0]}` : 'unfinished';
}

function mediaOf({ media }: PostSummary): string {
  if (media === null) return '–';
  const image = media.image === 'midjourney' ? 'real' : 'mock';
  return `${image} + ${media.video === undefined ? 'no' : media.video === 'runway' ? 'real' : 'mock'} video`;
}

function runLine(cli: Cli, run: RunSummary): string {
  const { colors } = cli;
  const when = `${run.at_utc.slice(0, 10)} ${run.at_utc.slice(11, 16)}`;
  const ended = Object.entries(STOP_TEXTS).find(([stop]) => stop === run.stop)?.[1].ended ?? run.stop;
  const result = run.failure === null ? oneLine(ended) : oneLine(`${ended} ${run.failure.message}`, 160);
  const post = run.id === null ? ''.padEnd(13) : run.id;
  const cost = run.costUsd > 0 ? dollars(run.costUsd) : '';
  const line = `  ${when}  ${run.mode.padEnd(6)}  ${post}  ${duration(run.seconds).padStart(12)}  ${cost.padStart(7)}  ${result}`;
  return run.failure === null ? line : colors.yellow(line);
}
