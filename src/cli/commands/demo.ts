/** `reelmill demo`: what the mill does, seen on this machine, in a minute and for nothing. */
import { join, relative, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { DemoLanguage, DemoPost, DemoResult, ScheduledRun } from '../../app/demo.ts';
import { shellWord } from '../../app/init/shell-word.ts';
import { sampleConfigPath } from '../../app/sample-config.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { dollars, duration, megabytes, STOP_TEXTS } from '../output/texts.ts';

interface DemoFlags {
  readonly out: string;
  readonly language: DemoLanguage;
}

export function addDemo(program: Command, cli: Cli): void {
  program
    .command('demo')
    .description(
      'make two posts on this machine, without keys: one by Midjourney and Runway’s stand-ins, one as a mock',
    )
    .option('--out <folder>', 'where a new folder for the posts is made', 'demo-output')
    .addOption(
      new Option('--language <language>', 'language of the sample channel')
        .choices(['en', 'ru'])
        .default('en'),
    )
    .addHelpText('after', '\nExamples:\n  reelmill demo\n  reelmill demo --language ru --out /tmp/demo')
    .action(async (flags: DemoFlags, command: Command) => {
      await demo(cli, command, flags);
    });
}

async function demo(cli: Cli, command: Command, flags: DemoFlags): Promise<void> {
  const options = globalOptions(command);
  const [{ runDemo }, { createProgress }] = await Promise.all([
    import('../../app/demo.ts'),
    import('../output/progress.ts'),
  ]);
  const progress = createProgress(cli, options, null);
  const started = new Date();
  const folder = resolve(join(flags.out, started.toISOString().slice(0, 19).replaceAll(':', '-')));
  const say = options.json === true || options.quiet === true ? () => {} : cli.tell;
  say(
    `${cli.colors.bold('Reelmill demo')}: two days of scheduled runs, on a clock that jumps from run to run.`,
  );
  say(
    'Servers on this machine stand in for OpenAI, Midjourney and Runway;\nthe mill cannot tell them from the real ones.',
  );
  try {
    const done = await runDemo(
      {
        language: flags.language,
        folder,
        signal: cli.signal,
        observe: progress.observe,
        onRun: (run) => say(`\n${cli.colors.bold(runTitle(run))}`),
        onRunEnded: ({ stop }) => say(`  ${cli.colors.dim('→')} ${STOP_TEXTS[stop].ended}`),
      },
      started,
    );
    progress.close();
    if (!done.ok) return reportFailure(cli, options, done.failure);
    cli.setExitCode(EXIT.done);
    const seconds = (Date.now() - started.getTime()) / 1000;
    if (options.json === true) printJson(cli, { ok: true, folder, seconds, ...done.value });
    else if (options.quiet !== true) printSummary(cli, folder, seconds, done.value, flags.language);
  } finally {
    progress.close();
  }
}

function runTitle({ at, day, mode }: ScheduledRun): string {
  const time = at.toISOString().slice(11, 16);
  return `Day ${at.getUTCHours() < 12 ? day + 1 : day}, ${time} UTC: ${mode === 'main' ? 'main run' : 'check run'}`;
}

function printSummary(
  cli: Cli,
  folder: string,
  seconds: number,
  result: DemoResult,
  language: DemoFlags['language'],
): void {
  const { colors } = cli;
  cli.print(`\n${colors.bold(`${result.posts.length} posts are ready`)} after ${duration(seconds)}:`);
  for (const post of result.posts) printPost(cli, post);
  cli.print(
    `\nWith real providers this would have cost about ${dollars(result.wouldCostUsd)}, for ${result.paidCalls} paid calls.`,
  );
  cli.print('The same channel, looked at with the everyday commands:');
  cli.print(`  ${lookCommand(resolve('.'), folder, language)}`);
  cli.print(
    'To go live: `npx reelmill init ../my-channel`; the rest is in README.md, “Going live in ten minutes”.',
  );
}

/** Typed in `from`. The package lies anywhere: below that folder in a checkout, far away where npx keeps it. */
export function lookCommand(from: string, folder: string, language: DemoLanguage): string {
  const shown = (path: string): string => {
    const way = relative(from, path);
    return way.startsWith('..') ? path : way;
  };
  const store = shellWord(`folder:${shown(folder)}`);
  return `npx reelmill status --store ${store} --config ${shellWord(shown(sampleConfigPath(language)))}`;
}

function printPost(cli: Cli, post: DemoPost): void {
  const { colors } = cli;
  const { height, seconds, width } = post.video;
  cli.print(`\n  ${colors.bold(post.id)}  ${post.topic}`);
  cli.print(`  ${sourceOf(post)}; ${seconds.toFixed(1)} s, ${width}×${height}.`);
  for (const { bytes, path } of post.files)
    cli.print(`    ${relative('.', path)}  ${colors.dim(megabytes(bytes))}`);
}

function sourceOf({ media }: DemoPost): string {
  if (media?.video === 'runway') return 'Picture by Midjourney, chosen among four; video by Runway';
  return `The picture never came: a title card and a video rendered from it${media?.video === 'mock' ? ', marked as a mock' : ''}`;
}
