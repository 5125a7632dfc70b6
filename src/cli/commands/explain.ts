/** `reelmill explain <id>`: why a post is as it is, and what it cost. */
import type { Command } from 'commander';
import type { PostStory } from '../../app/explain.ts';
import { describeFailure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../output/plain-text.ts';
import { mediaText, storyLines } from '../output/story.ts';
import { dollars, megabytes, standing } from '../output/texts.ts';
import { postId } from './post-id.ts';

export function addExplain(program: Command, cli: Cli): void {
  program
    .command('explain')
    .argument('<id>', 'the post, such as 20260131-2030')
    .description('tell the story of a post: decisions, paid calls, fallbacks, files; reads only')
    .addHelpText(
      'after',
      `
Examples:
  reelmill explain 20260131-2030
  reelmill explain 20260131-2030 --json | jq .journal.entries`,
    )
    .action(async (given: string, _flags: unknown, command: Command) => {
      const options = globalOptions(command);
      const id = postId(given);
      if (!id.ok) return reportFailure(cli, options, id.failure);
      const { openChannel } = await import('../channel.ts');
      const channel = await openChannel(cli, options);
      if (!channel.ok) return reportFailure(cli, options, channel.failure);
      const { storyOf } = await import('../../app/explain.ts');
      const story = await storyOf(channel.value.loaded.config, channel.value.environment, id.value);
      if (!story.ok) return reportFailure(cli, options, story.failure);
      cli.setExitCode(EXIT.done);
      if (options.json === true) printJson(cli, { ok: true, ...story.value });
      else printStory(cli, story.value);
    });
}

function printStory(cli: Cli, story: PostStory): void {
  const { colors } = cli;
  const row = (name: string, text: string): void => cli.print(`${colors.dim(name.padEnd(12))}${text}`);
  cli.print(`${colors.bold(story.id)}  ${story.topic === null ? '' : oneLine(story.topic)}`.trimEnd());
  for (const line of placeLines(story)) row(line.name, line.text);
  row('Media', mediaText(story.media, story.places));
  const estimated = story.estimatedUsd > 0 ? `, ${dollars(story.estimatedUsd)} of it estimated` : '';
  row('Cost', story.journalDamaged ? 'not known' : `${dollars(story.costUsd)}${estimated}`);
  for (const { key, bytes } of story.places.flatMap(({ files }) => files))
    row('File', `${key}  ${megabytes(bytes)}`);
  for (const key of story.quarantined) row('Set aside', key);
  for (const problem of story.problems) cli.print(colors.yellow(describeFailure(problem)));
  if (story.journal === null) {
    cli.print('');
    cli.print(
      story.journalDamaged
        ? 'Its journal is damaged, so that its story and its cost are not known; see `reelmill repair`.'
        : 'There is no journal: the post was made by an older tool, or its journal is gone.',
    );
    return;
  }
  let day = '';
  for (const line of storyLines(story.journal)) {
    if (line.day !== day) {
      ({ day } = line);
      cli.print('');
      cli.print(colors.bold(day));
    }
    const tone = { plain: (text: string) => text, paid: colors.green, bad: colors.yellow }[line.tone];
    cli.print(`  ${colors.dim(line.time)}  ${tone(line.text)}`);
  }
}

function placeLines(story: PostStory): { name: string; text: string }[] {
  const lines: { name: string; text: string }[] = [];
  if (story.phase !== null)
    lines.push({ name: 'State', text: `being made: ${standing(story.phase, story.videoOrdered, true)}` });
  for (const { folder, ready } of story.places)
    lines.push({ name: 'Place', text: `${folder} ${ready ? '(complete)' : '(incomplete)'}` });
  if (story.places.length === 0) lines.push({ name: 'Place', text: 'in no folder' });
  if (story.places.length > 1)
    lines.push({ name: '', text: 'It lies in more than one folder; see `reelmill repair`.' });
  if (story.marked)
    lines.push({ name: 'Published', text: 'marked by the publisher; the next main run archives it' });
  for (const kind of story.late) lines.push({ name: 'Late', text: `the ${kind} is still asked after` });
  return lines;
}
