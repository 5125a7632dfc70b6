/**
 * From answers to the files of a new channel. Nothing is written here, so that a wrong answer leaves nothing behind, and
 * so that the files can be looked at before they are.
 */
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { convertConfig, type ConfigChange } from '../../config/convert.ts';
import { interpretConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { failure, success, type Result } from '../../domain/failure.ts';
import { sampleConfigPath } from '../sample-config.ts';
import { costNotes } from '../cost-notes.ts';
import { renderChannelPage, type Language } from './channel-page.ts';
import { neededSecrets, renderEnvExample } from './env-example.ts';
import { quoted, shellWord } from './shell-word.ts';
import { ACTION_PLACEHOLDER, cronLines, renderWorkflow } from './workflow-file.ts';

/** Where the prompts come from: a channel of ours, or a configuration that is already there. */
export type InitBase =
  | { readonly kind: 'sample'; readonly language: Language }
  | { readonly kind: 'old'; readonly path: string; readonly text: string };

export type InitStore =
  | { readonly kind: 'folder'; readonly path: string }
  /** Null: as the old configuration has it. */
  | { readonly kind: 'bucket'; readonly bucket: string | null; readonly endpoint: string | null };

export interface InitAnswers {
  readonly base: InitBase;
  /** Of CHANNEL.md; null: that of the base. */
  readonly language: Language | null;
  readonly store: InitStore;
  /** Put before every key, when channels share a bucket; null keeps what the base has. */
  readonly prefix: string | null;
  readonly textModel: string | null;
  /** Of an OpenAI-compatible server. */
  readonly openaiAddress: string | null;
  readonly videoModel: string | null;
  readonly imageMode: string | null;
  /** Null keeps what the base has. */
  readonly monthlyUsd: number | null;
  /** For `uses:` in the workflow. */
  readonly action: string;
  /** What `npm install` takes to have this Reelmill in the channel's folder. */
  readonly package: string;
  /** Name of the configuration's file in the channel's folder. */
  readonly configName: string;
  /** Where the channel's folder is, absolute. */
  readonly folder: string;
  /** The zone of this machine's clock, for cron. */
  readonly machineZone: string;
}

export interface PlannedFile {
  /** In the channel's folder, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface InitPlan {
  readonly files: readonly PlannedFile[];
  readonly config: Config;
  readonly language: Language;
  /** What was changed in an old configuration. */
  readonly changes: readonly ConfigChange[];
  /** What should still be looked at. */
  readonly notes: readonly string[];
  readonly secrets: readonly string[];
  /** The command that puts Reelmill into the channel's folder. */
  readonly install: string;
}

type Json = Record<string, unknown>;

/** `config_invalid` when the old configuration or an answer cannot be used; `usage` when an answer is missing. */
export async function planInit(answers: InitAnswers, now: Date): Promise<Result<InitPlan>> {
  const base = await baseConfig(answers.base);
  if (!base.ok) return base;
  const budgeted = await withBudget(base.value);
  const json = withAnswers(budgeted, answers);
  const { configName } = answers;
  const loaded = interpretConfig(JSON.stringify(json), configName);
  if (!loaded.ok) return loaded;
  const { config, warnings } = loaded.value;
  const { b2 } = config.API_KEYS;
  const language = answers.language ?? base.value.language;
  if (answers.store.kind === 'bucket' && (b2.bucket_name === null || b2.endpoint === null)) {
    const { advice, message } = HALF_A_BUCKET[language];
    return failure('usage', message, {}, { advice });
  }
  const folder = answers.store.kind === 'folder' ? answers.store.path : null;
  const secrets = neededSecrets(answers.store.kind);
  const crontab = folder === null ? [] : crontabOf(config, answers, now);
  const install = `npm install ${shellWord(answers.package)}`;
  const page = { language, config, configPath: configName, folder, install, secrets, crontab, now };
  const isPlaced = answers.action !== ACTION_PLACEHOLDER;
  const files: PlannedFile[] = [
    { path: configName, text: `${JSON.stringify(json, null, 2)}\n` },
    { path: '.env.example', text: renderEnvExample(folder === null ? null : `folder:${folder}`, language) },
    {
      path: 'CHANNEL.md',
      text: renderChannelPage({ ...page, isPlaced, isReleased: !isAbsolute(answers.package) }),
    },
  ];
  if (folder === null) {
    const { action } = answers;
    const text = renderWorkflow({ config, action, configPath: configName, secrets, now });
    files.push({ path: '.github/workflows/reelmill.yml', text });
  }
  const notes = [...warnings, ...costNotes(config)].map(
    ({ path, message, suggestion }) => `${path} ${message}. ${suggestion}`,
  );
  const { timezone } = config.SCHEDULE;
  if (folder === null && timezone !== 'UTC')
    notes.push(
      language === 'ru'
        ? `GitHub знает только UTC: времена запусков соответствуют сегодняшним в ${timezone}, без перехода на летнее время.`
        : `GitHub knows only UTC: the workflow's times are those of ${timezone} today, without summer time.`,
    );
  const changes = [...base.value.changes, ...budgetChange(base.value.json, config, language)];
  return success({ files, config, language, changes, notes, secrets, install });
}

const HALF_A_BUCKET = {
  en: {
    message: 'A bucket needs its name and its endpoint',
    advice:
      'Add --store s3://BUCKET --endpoint https://s3.REGION.backblazeb2.com, or keep posts in a folder.',
  },
  ru: {
    message: 'Бакету нужны имя и endpoint',
    advice:
      'Добавьте --store s3://БАКЕТ --endpoint https://s3.REGION.backblazeb2.com или храните посты в папке.',
  },
} as const;

/** Lines for a crontab, which goes by the machine's own zone. */
function crontabOf(config: Config, { configName, folder, machineZone }: InitAnswers, now: Date): string[] {
  const { main, checks } = cronLines(config, now, machineZone);
  const place = quoted(folder);
  // In a folder of its own, a configuration has no .env beside it.
  const name = configName === 'config.json' ? '' : ` --env-file .env --config ${configName}`;
  const run = `cd ${place} && node_modules/.bin/reelmill${name} run`;
  // A percent sign ends a command of cron.
  const line = (cron: string, flag: string): string =>
    `${cron} ${`${run}${flag} >> reelmill.log 2>&1`.replaceAll('%', String.raw`\%`)}`;
  return [line(main, ''), ...checks.map((cron) => line(cron, ' --check'))];
}

interface Base {
  readonly json: Json;
  readonly language: Language;
  readonly changes: readonly ConfigChange[];
}

async function baseConfig(base: InitBase): Promise<Result<Base>> {
  if (base.kind === 'sample') {
    const { language } = base;
    const json = await sampleConfig(language);
    // It names a file of the package, which is not where the channel is.
    const { $schema: _, ...rest } = { $schema: null, ...json };
    return success({ json: rest, language, changes: [] });
  }
  const converted = convertConfig(base.text, base.path);
  if (!converted.ok) return converted;
  const { json, changes } = converted.value;
  // A channel's own prompts tell its language; a name or two in other letters does not.
  const prompts = JSON.stringify([json['CONTENT'], json['SARCASM']]);
  const letters = (script: RegExp): number => prompts.match(script)?.length ?? 0;
  const language = letters(/\p{Script=Cyrillic}/gu) > letters(/\p{Script=Latin}/gu) ? 'ru' : 'en';
  return success({ json: { ...json }, language, changes });
}

async function sampleConfig(language: Language): Promise<Json> {
  const json: unknown = JSON.parse(await readFile(sampleConfigPath(language), 'utf8'));
  if (!isObject(json)) throw new Error(`the sample ${language} is no object`);
  return json;
}

/** The old scripts knew no budgets. Who brings their file along is to be surprised by a bill as little as anybody else. */
async function withBudget({ json, language }: Base): Promise<Json> {
  if (json['BUDGET'] !== undefined) return json;
  const { BUDGET: usual } = await sampleConfig(language);
  return { ...json, BUDGET: usual };
}

function budgetChange(old: Json, { BUDGET: budget }: Config, language: Language): ConfigChange[] {
  if (old['BUDGET'] !== undefined) return [];
  const named = Object.entries(budget).filter(([, usd]) => usd !== null);
  const now = named.map(([name, usd]) => `${name} ${usd}`).join(', ');
  return [{ kind: 'added', path: 'BUDGET', was: null, now, why: NO_BUDGET[language] }];
}

const NO_BUDGET = {
  en: 'The old file limited no spending; write other amounts if these do not suit you.',
  ru: 'Старый файл никак не ограничивал расходы; впишите другие суммы, если эти не подходят.',
} as const;

function withAnswers(base: Json, answers: InitAnswers): Json {
  const json = structuredClone(base);
  const put = (path: readonly string[], value: unknown): void => {
    if (value === null) return;
    let holder = json;
    for (const name of path.slice(0, -1)) {
      const next = holder[name];
      const inner = isObject(next) ? next : {};
      holder[name] = inner;
      holder = inner;
    }
    holder[path.at(-1) ?? ''] = value;
  };
  const { store } = answers;
  if (store.kind === 'bucket') {
    put(['API_KEYS', 'b2', 'endpoint'], store.endpoint);
    put(['API_KEYS', 'b2', 'bucket_name'], store.bucket);
  }
  put(['API_KEYS', 'b2', 'prefix'], answers.prefix);
  put(['API_KEYS', 'openai', 'base_url'], answers.openaiAddress);
  put(['API_KEYS', 'runwayml', 'model_name'], answers.videoModel);
  put(['OPENAI_SETTINGS', 'model'], answers.textModel);
  put(['IMAGE_GENERATION', 'process_mode'], answers.imageMode);
  put(['BUDGET', 'per_month_usd'], answers.monthlyUsd);
  return json;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
