/** `reelmill show <id>`: a post as its readers will see it, and what of it is real. */
import type { Command } from 'commander';
import type { ShownPost } from '../../app/show.ts';
import { describeFailure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine, wrapped } from '../output/plain-text.ts';
import { mediaText } from '../output/story.ts';
import { pictureProtocol, pictureSequence } from '../output/terminal-picture.ts';
import { megabytes } from '../output/texts.ts';
import { postId } from './post-id.ts';

const WIDTH = 90;

export function addShow(program: Command, cli: Cli): void {
  program
    .command('show')
    .argument('<id>', 'the post, such as 20260131-2030')
    .description('show a post: text, comment, poll, files, and whether its media are real; reads only')
    .option('--no-picture', 'do not draw the picture, even in a terminal that can')
    .addHelpText(
      'after',
      `
Examples:
  reelmill show 20260131-2030
  reelmill show 20260131-2030 --json | jq -r .text

The picture is drawn in kitty, Ghostty, iTerm2 and WezTerm.`,
    )
    .action(async (given: string, flags: { readonly picture: boolean }, command: Command) => {
      const options = globalOptions(command);
      const id = postId(given);
      if (!id.ok) return reportFailure(cli, options, id.failure);
      const { openChannel } = await import('../channel.ts');
      const channel = await openChannel(cli, options);
      if (!channel.ok) return reportFailure(cli, options, channel.failure);
      const { showOf } = await import('../../app/show.ts');
      // Colours are on exactly when standard output is a terminal.
      const draws = flags.picture && options.json !== true && cli.colors.isColorSupported;
      const protocol = draws ? pictureProtocol(cli.variables) : null;
      const { config } = channel.value.loaded;
      const shown = await showOf(config, channel.value.environment, id.value, protocol !== null);
      if (!shown.ok) return reportFailure(cli, options, shown.failure);
      cli.setExitCode(EXIT.done);
      const { picture, post } = shown.value;
      if (options.json === true) return printJson(cli, { ok: true, ...post });
      printPost(cli, post);
      if (protocol !== null && picture !== null) cli.print(pictureSequence(protocol, picture));
    });
}

function printPost(cli: Cli, post: ShownPost): void {
  const { colors } = cli;
  const heading = (text: string): void => {
    cli.print('');
    cli.print(colors.dim(text));
  };
  const body = (text: string): void => {
    for (const line of wrapped(text, WIDTH)) cli.print(line === '' ? '' : `  ${line}`);
  };
  cli.print(`${colors.bold(post.id)}  ${post.topic === null ? '' : oneLine(post.topic)}`.trimEnd());
  for (const problem of post.problems) cli.print(colors.yellow(describeFailure(problem)));
  if (post.unfinished !== null) cli.print(colors.yellow(post.unfinished));
  if (post.text !== null) {
    heading('Text');
    body(post.text);
  }
  if (post.comment !== null) {
    heading('Comment');
    body(post.comment);
  }
  if (post.poll !== null) {
    heading('Poll');
    body(post.poll.question);
    for (const option of post.poll.options) body(`○ ${option}`);
  }
  if (post.script !== null) {
    heading('Video script');
    body(post.script);
  }
  heading('Media');
  body(mediaText(post.media, post.places));
  if (post.imageChoice !== null)
    body(`Picture ${post.imageChoice.winner} was chosen: ${oneLine(post.imageChoice.reason, 400)}`);
  heading('Files');
  if (post.places.length === 0) cli.print('  none yet');
  for (const { files, folder, ready } of post.places) {
    for (const { bytes, key } of files) cli.print(`  ${key}  ${megabytes(bytes)}`);
    if (!ready) cli.print(colors.yellow(`  The group in ${folder} is not complete.`));
  }
}
