/** `reelmill init`: a new channel's files, from a few answers. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Language } from '../../app/init/channel-page.ts';
import { shellWord } from '../../app/init/shell-word.ts';
import type { InitAnswers, InitBase, InitPlan, InitStore } from '../../app/init/plan.ts';
import { failure, success, type Result } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli, type GlobalOptions } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import { createQuestions, type Questions } from '../questions.ts';

interface InitFlags {
  readonly language?: Language;
  readonly from?: string;
  readonly endpoint?: string;
  readonly prefix?: string;
  readonly textModel?: string;
  readonly openaiAddress?: string;
  readonly videoModel?: string;
  readonly imageMode?: string;
  readonly budget?: number;
  readonly action?: string;
  readonly force?: boolean;
}

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
  const asked = options.json === true ? null : createQuestions(cli);
  const { planInit } = await import('../../app/init/plan.ts');
  const { filesInTheWay, ignoreSecrets, writeFiles } = await import('../../app/init/write.ts');
  const { actionSource, installSource } = await import('../../app/init/package-source.ts');
  const source =
    flags.action === undefined ? await actionSource() : { reference: flags.action, certain: true };
  const answers = await collect(options, flags, asked, {
    folder,
    action: source.reference,
    package: installSource(),
  });
  if (!answers.ok) return reportFailure(cli, options, answers.failure);
  const plan = await planInit(answers.value, new Date());
  if (!plan.ok) return reportFailure(cli, options, plan.failure);
  const inTheWay = await filesInTheWay(folder, plan.value.files);
  for (const path of flags.force === true ? [] : inTheWay) {
    if (asked !== null && (await asked.agree(`${path} is there already. Replace it?`))) continue;
    const advice = 'Nothing was written. Choose another folder, or add --force to replace it.';
    return reportFailure(
      cli,
      options,
      failure('usage', `${join(folder, path)} is there already, with another content`, {}, { advice })
        .failure,
    );
  }
  const written = await writeFiles(folder, plan.value.files);
  if (!written.ok) return reportFailure(cli, options, written.failure);
  const ignored = await ignoreSecrets(folder);
  cli.setExitCode(EXIT.done);
  const warnings = [
    ...plan.value.notes,
    ...(ignored ? [] : ['.gitignore does not name .env: add it, or your keys end in the repository.']),
    ...(source.certain || answers.value.store.kind === 'folder'
      ? []
      : [
          `The workflow uses ${source.reference}: check that Reelmill is there, or set its place with --action.`,
        ]),
  ];
  if (options.json === true) {
    const { changes, files, language, secrets } = plan.value;
    printJson(cli, {
      ok: true,
      folder,
      language,
      files: files.map(({ path }) => path),
      changes,
      warnings,
      secrets,
    });
  } else if (options.quiet !== true) printPlan(cli, folder, answers.value, plan.value, warnings);
}

/** Every answer from its flag; from a question where there is none and somebody can answer. */
async function collect(
  options: GlobalOptions,
  flags: InitFlags,
  asked: Questions | null,
  known: Pick<InitAnswers, 'folder' | 'action' | 'package'>,
): Promise<Result<InitAnswers>> {
  const base = await baseOf(flags, asked);
  if (!base.ok) return base;
  const store = await storeOf(options, flags, base.value, asked);
  if (!store.ok) return store;
  const { budget } = flags;
  const monthlyUsd =
    budget ??
    (asked === null
      ? null
      : dollarAmount(
          await asked.text('Most that a month may cost, in US dollars?', '60', (answer) =>
            /^\d{1,6}(\.\d{1,2})?$/.test(answer) ? null : 'Write an amount such as 40.',
          ),
        ));
  const configName = options.config ?? 'config.json';
  if (isAbsolute(configName) || configName.split(/[/\\]/).includes('..'))
    return failure('usage', `--config ${configName} is not a file inside the channel's folder`);
  return success({
    base: base.value,
    language: flags.language ?? null,
    store: store.value,
    prefix: flags.prefix ?? null,
    textModel: flags.textModel ?? null,
    openaiAddress: flags.openaiAddress ?? null,
    videoModel: flags.videoModel ?? null,
    imageMode: flags.imageMode ?? null,
    monthlyUsd,
    ...known,
    configName,
    machineZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
}

async function baseOf(flags: InitFlags, asked: Questions | null): Promise<Result<InitBase>> {
  if (flags.from !== undefined) return oldConfig(flags.from);
  if (flags.language !== undefined) return success({ kind: 'sample', language: flags.language });
  if (asked === null) return missing('--language en, --language ru or --from FILE');
  const chosen = await asked.choose<Language | 'old'>('Which channel?', [
    ['English: small inventions of everyday life', 'en'],
    ['Русский: забытые ремёсла и профессии', 'ru'],
    ['I have a config.json of the old scripts', 'old'],
  ]);
  if (chosen !== 'old') return success({ kind: 'sample', language: chosen });
  return oldConfig(await asked.text('Where is it?', 'config.json'));
}

async function oldConfig(path: string): Promise<Result<InitBase>> {
  try {
    return success({ kind: 'old', path, text: await readFile(path, 'utf8') });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return failure('usage', `${path} could not be read: ${reason}`);
  }
}

async function storeOf(
  options: GlobalOptions,
  flags: InitFlags,
  base: InitBase,
  asked: Questions | null,
): Promise<Result<InitStore>> {
  const folder = /^folder:(.+)$/.exec(options.store ?? '')?.[1];
  if (folder !== undefined) return success({ kind: 'folder', path: folder });
  const bucket = /^s3:\/\/([^/]+)\/?$/.exec(options.store ?? '')?.[1];
  if (options.store !== undefined && bucket === undefined)
    return failure('usage', `--store ${options.store} is neither folder:PATH nor s3://BUCKET`);
  const endpoint = flags.endpoint === undefined ? null : withScheme(flags.endpoint);
  if (bucket !== undefined || base.kind === 'old')
    return success({ kind: 'bucket', bucket: bucket ?? null, endpoint });
  if (asked === null) return missing('--store folder:PATH or --store s3://BUCKET');
  const kind = await asked.choose('Where are the posts kept?', [
    ['In a bucket (Backblaze B2, AWS S3, Cloudflare R2, MinIO): for GitHub Actions', 'bucket'],
    ['In a folder of this machine', 'folder'],
  ]);
  const something = (answer: string): string | null => (answer === '' ? 'Please write something.' : null);
  if (kind === 'folder')
    return success({ kind: 'folder', path: await asked.text('Which folder?', './posts', something) });
  return success({
    kind: 'bucket',
    bucket: await asked.text('Name of the bucket?', '', (answer) =>
      BUCKET_NAME.test(answer)
        ? null
        : 'A bucket has a name of 3 to 63 small letters, digits, dots and hyphens, such as my-channel.',
    ),
    endpoint:
      endpoint ??
      withScheme(await asked.text('Its endpoint, such as s3.us-east-005.backblazeb2.com?', '', something)),
  });
}

/** As every store takes it; Backblaze also keeps capital letters of old. */
const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{1,61}[A-Za-z0-9]$/;

function withScheme(address: string): string {
  return address.includes('://') ? address : `https://${address}`;
}

function missing(what: string): Result<never> {
  const advice = 'Without a terminal every answer is a flag; see `reelmill init --help`.';
  return failure('usage', `${what} is needed`, {}, { advice });
}

function printPlan(
  cli: Cli,
  folder: string,
  answers: InitAnswers,
  plan: InitPlan,
  warnings: readonly string[],
): void {
  const { colors } = cli;
  for (const { kind, path, was, now, why } of plan.changes) {
    const values = now === null ? (was ?? '') : `${was ?? ''} → ${now}`;
    cli.print(`${colors.dim(kind.padEnd(8))} ${path} ${colors.dim(values)}  ${why}`);
  }
  if (plan.changes.length > 0) cli.print('');
  for (const { path } of plan.files) cli.print(`${colors.green('●')} ${join(folder, path)}`);
  for (const warning of warnings) cli.print(`${colors.yellow('▲')} ${warning}`);
  const { config } = plan;
  const { per_month_usd: limit } = config.BUDGET;
  cli.print(
    `\nTexts by ${config.OPENAI_SETTINGS.model ?? 'gpt-4o'}, pictures by Midjourney (${config.IMAGE_GENERATION.process_mode}), videos by ${config.API_KEYS.runwayml.model_name}; ${limit === null ? 'no limit for a month' : `at most $${limit.toFixed(Number.isInteger(limit) ? 0 : 2)} a month`}.`,
  );
  cli.print('\nNext:');
  for (const [index, step] of nextSteps(folder, answers, plan).entries())
    cli.print(`  ${index + 1}. ${step}`);
}

function nextSteps(folder: string, { store, configName }: InitAnswers, plan: InitPlan): string[] {
  const config = configName === 'config.json' ? '' : ` --config ${configName}`;
  const command = `npx reelmill --env-file .env${config}`;
  const enter = folder === resolve('.') ? '' : `cd ${shellWord(folder)} && `;
  const local = [
    `${enter}${plan.install}`,
    `cp .env.example .env, and fill in ${plan.secrets.join(', ')}`,
    `${command} doctor           checks everything, spends nothing`,
  ];
  if (store.kind === 'folder')
    return [
      ...local,
      `${command} run --dry-run    says what a run would do and cost`,
      `${command} run              begins the first post; again, an hour later, to finish it`,
      'CHANNEL.md has the lines for cron, and what to know afterwards',
    ];
  return [
    `Put ${folder} into a private GitHub repository`,
    `There, in Settings → Secrets and variables → Actions, add ${plan.secrets.join(', ')}`,
    'Actions → Reelmill → Run workflow → doctor, then main; afterwards it runs by itself',
    'CHANNEL.md says the same, and what to know afterwards',
  ];
}
