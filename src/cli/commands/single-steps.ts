/** `generate-content`, `generate-media`, `check-image`: one stage alone, on the state in the store. */
import { Option, type Command } from 'commander';
import { failure } from '../../domain/failure.ts';
import { isGenerationId, type GenerationId } from '../../domain/generation-id.ts';
import type { Part } from '../../runtime/single-step.ts';
import { globalOptions, reportFailure, type Cli } from '../cli.ts';
import { shownId } from './post-id.ts';
import { runOnce } from './run.ts';

interface IdFlags {
  readonly generationId?: string;
  readonly generation_id?: string;
  readonly useMock?: boolean;
}

export function addSingleSteps(program: Command, cli: Cli): void {
  withId(program.command('generate-content'))
    .description('write the text, comment, poll and scene of one post')
    .addHelpText('after', '\nExample:\n  reelmill generate-content --generation-id 20260131-2030')
    .action(async (flags: IdFlags, command: Command) => {
      const { contentPart } = await import('../../runtime/single-step.ts');
      await runPart(cli, command, flags, contentPart);
    });
  withId(program.command('generate-media'))
    .description('order the picture of one post, or make its video when the picture is here')
    .option('--use-mock', 'make a title card and a video from it, without any provider')
    .addHelpText(
      'after',
      `
Examples:
  reelmill generate-media --generation-id 20260131-2030
  reelmill generate-media --generation-id 20260131-2030 --use-mock`,
    )
    .action(async (flags: IdFlags, command: Command) => {
      const { mediaPart } = await import('../../runtime/single-step.ts');
      await runPart(cli, command, flags, (id) => mediaPart(id, flags.useMock === true));
    });
  program
    .command('check-image')
    .description('ask once whether the picture that was ordered is ready, and keep the answer')
    .addHelpText('after', '\nExample:\n  reelmill check-image --json')
    .action(async (_flags: unknown, command: Command) => {
      const { imageCheckPart } = await import('../../runtime/single-step.ts');
      await runOnce(cli, command, 'check-image', { mode: 'check', zeroDelay: true, part: imageCheckPart });
    });
}

/** The older spelling with an underscore is understood as well. */
function withId(command: Command): Command {
  return command
    .option('--generation-id <id>', 'id of the post, YYYYMMDD-HHMM in UTC')
    .addOption(new Option('--generation_id <id>').hideHelp());
}

async function runPart(
  cli: Cli,
  command: Command,
  flags: IdFlags,
  part: (id: GenerationId) => Part,
): Promise<void> {
  const given = flags.generationId ?? flags.generation_id;
  if (given === undefined || !isGenerationId(given)) {
    const problem = given === undefined ? '--generation-id is missing' : `${shownId(given)} is no id`;
    const advice = { advice: 'An id looks like 20260131-2030: a day and a minute, in UTC.' };
    return reportFailure(cli, globalOptions(command), failure('usage', problem, {}, advice).failure);
  }
  await runOnce(cli, command, command.name(), { mode: 'main', zeroDelay: true, part: part(given) });
}
