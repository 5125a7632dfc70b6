/** `reelmill init`: a new channel's files, from a few answers. */
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Language } from '../../app/init/channel-page.ts';
import { failure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli, type GlobalOptions } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import type { Asking, InitFlags } from '../init/answers.ts';
import { printPlan } from '../init/report.ts';
import { INIT_TEXTS } from '../init/texts.ts';
import { createQuestions, type QuestionWords } from '../questions.ts';

export function addInit(program: Command, cli: Cli): void {
  program
    .command('init')
    .description('set up a channel: configuration, environment, workflow and a page for its owner')
    .argument('[folder]', 'where the files go', '.')
    .addOption(new Option('--language <language>', 'language of the channel').choices(['en', 'ru']))
    .option('--from <file>', 'start from a config.json of the old scripts and bring it up to date')
    .option('--endpoint <address>', 'address of the S3 server, for a bucket')
    .option('--prefix <prefix>', 'folder inside the bucket, when several channels share it; ends with /')
    .option('--budget <usd>', 'most that a month may cost', dollarAmount)
    .option('--text-model <model>', 'model that writes')
    .option('--openai-address <address>', 'an OpenAI-compatible server instead of OpenAI')
    .addOption(
      new Option('--image-mode <mode>', 'speed and price of Midjourney').choices(['relax', 'fast', 'turbo']),
    )
    .option('--video-model <model>', 'model of Runway')
    .option(
      '--action <reference>',
      'where the workflow finds Reelmill: owner/repository@commit',
      actionReference,
    )
    .option('--force', 'replace files that are there already')
    .addHelpText(
      'after',
      `
Where posts are kept is told by the option --store. Examples:
  reelmill init                                      asks what it must know
  reelmill init mychannel --language en --store folder:posts
  reelmill init --language ru --store s3://my-bucket --endpoint s3.us-east-005.backblazeb2.com --budget 40
  reelmill init --from old/config.json               the bucket stays the one it names`,
    )
    .action(async (folder: string, flags: InitFlags, command: Command) => {
      await init(cli, globalOptions(command), resolve(folder), flags);
    });
}

function dollarAmount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1_000_000))
    throw new InvalidArgumentError('an amount in US dollars is needed, such as 40');
  return value;
}

function actionReference(text: string): string {
  if (!/^[\w.-]+\/[\w./-]+@[\w./-]+( # [\w.-]+)?$/.test(text) && !/^\.\/[\w./-]*$/.test(text))
    throw new InvalidArgumentError('owner/repository@commit is needed');
  return text;
}

async function init(cli: Cli, options: GlobalOptions, folder: string, flags: InitFlags): Promise<void> {
  const { planInit } = await import('../../app/init/plan.ts');
  const { filesInTheWay, ignoreSecrets, writeFiles } = await import('../../app/init/write.ts');
  const { actionSource, installSource } = await import('../../app/init/package-source.ts');
  const { collectAnswers } = await import('../init/answers.ts');
  const asking = await askingFor(cli, options, flags);
  const { asked } = asking;
  const source =
    flags.action === undefined ? await actionSource() : { reference: flags.action, certain: true };
  const answers = await collectAnswers(options, flags, asking, {
    folder,
    action: source.reference,
    package: installSource(),
  });
  if (!answers.ok) return reportFailure(cli, options, answers.failure);
  const plan = await planInit(answers.value, new Date());
  if (!plan.ok) return reportFailure(cli, options, plan.failure);
  const texts = INIT_TEXTS[plan.value.language];
  const inTheWay = await filesInTheWay(folder, plan.value.files);
  for (const path of flags.force === true ? [] : inTheWay) {
    if (asked !== null && (await asked.agree(texts.replace(path)))) continue;
    const { inTheWay: message, inTheWayAdvice: advice } = texts.failures;
    const refused = failure('usage', message(join(folder, path)), {}, { advice });
    return reportFailure(cli, options, refused.failure);
  }
  const written = await writeFiles(folder, plan.value.files);
  if (!written.ok) return reportFailure(cli, options, written.failure);
  const ignored = await ignoreSecrets(folder);
  cli.setExitCode(EXIT.done);
  const warnings = [
    ...plan.value.notes,
    ...(ignored ? [] : [texts.notIgnored]),
    ...(source.certain || answers.value.store.kind === 'folder'
      ? []
      : [texts.uncertainAction(source.reference)]),
  ];
  if (options.json === true) {
    const { changes, files, language, secrets } = plan.value;
    const paths = files.map(({ path }) => path);
    printJson(cli, { ok: true, folder, language, files: paths, changes, warnings, secrets });
  } else if (options.quiet !== true) printPlan(cli, folder, answers.value, plan.value, warnings);
}

/** The language comes first, asked in each of them; everything after it is said in the one that was chosen. */
async function askingFor(cli: Cli, options: GlobalOptions, flags: InitFlags): Promise<Asking> {
  const first = options.json === true ? null : createQuestions(cli, BOTH);
  const language =
    flags.language ??
    (await first?.choose<Language>('Language / Язык?', [
      ['English', 'en'],
      ['Русский', 'ru'],
    ])) ??
    null;
  const texts = INIT_TEXTS[language ?? 'en'];
  return { asked: first && createQuestions(cli, texts.asking), texts, language };
}

const { asking: english } = INIT_TEXTS.en;
const { asking: russian } = INIT_TEXTS.ru;
const BOTH: QuestionWords = {
  ...english,
  wrongNumber: (most) => `${english.wrongNumber(most)} / ${russian.wrongNumber(most)}`,
  unanswered: (question) => `${english.unanswered(question)} / ${russian.unanswered(question)}`,
};
