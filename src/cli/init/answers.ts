/** Every answer of `reelmill init`, from its flag; from a question where there is none and somebody can answer. */
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { USUAL_MONTHLY_USD } from '../../app/cost-notes.ts';
import type { Language } from '../../app/init/channel-page.ts';
import type { InitAnswers, InitBase, InitStore } from '../../app/init/plan.ts';
import { isAcceptableAddress } from '../../config/fields.ts';
import { interpretConfig } from '../../config/load.ts';
import { failure, success, type Result } from '../../domain/failure.ts';
import type { GlobalOptions } from '../cli.ts';
import type { Questions } from '../questions.ts';
import type { InitTexts } from './texts.ts';

export interface InitFlags {
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

/** Whom to ask, and in which words. */
export interface Asking {
  /** Null where nobody can answer. */
  readonly asked: Questions | null;
  readonly texts: InitTexts;
  /** Null: nobody has said; that of an old configuration is seen by its prompts. */
  readonly language: Language | null;
}

export async function collectAnswers(
  options: GlobalOptions,
  flags: InitFlags,
  asking: Asking,
  known: Pick<InitAnswers, 'folder' | 'action' | 'package'>,
): Promise<Result<InitAnswers>> {
  const { asked, texts } = asking;
  const base = await baseOf(flags, asking);
  if (!base.ok) return base;
  const store = await storeOf(options, flags, base.value, asking);
  if (!store.ok) return store;
  const monthlyUsd = flags.budget ?? (asked === null ? null : await monthlyLimit(asked, texts, base.value));
  const configName = options.config ?? 'config.json';
  if (isAbsolute(configName) || configName.split(/[/\\]/).includes('..'))
    return wrong(texts, texts.failures.configOutside(configName));
  return success({
    base: base.value,
    language: asking.language,
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

/** Enter raises no limit that an old configuration has. */
async function monthlyLimit(asked: Questions, { budget }: InitTexts, base: InitBase): Promise<number> {
  const old = base.kind === 'old' ? interpretConfig(base.text, base.path) : null;
  const known = old?.ok === true ? old.value.config.BUDGET.per_month_usd : null;
  const usual = String(known ?? USUAL_MONTHLY_USD);
  const isAmount = (answer: string): boolean => answer === usual || /^\d{1,6}(\.\d{1,2})?$/.test(answer);
  return Number(
    await asked.text(budget.question, usual, (answer) => (isAmount(answer) ? null : budget.wrong)),
  );
}

async function baseOf(flags: InitFlags, { asked, language, texts }: Asking): Promise<Result<InitBase>> {
  if (flags.from !== undefined) return oldConfig(flags.from, texts);
  if (language === null) return missing(texts, ['--language en', '--language ru', '--from FILE']);
  // Who named the language as a flag has chosen its sample.
  if (asked === null || flags.language !== undefined) return success({ kind: 'sample', language });
  const chosen = await asked.choose(texts.start.question, [
    [texts.start.sample, 'sample'],
    [texts.start.old, 'old'],
  ]);
  if (chosen === 'sample') return success({ kind: 'sample', language });
  // A slip of the hand is no reason to begin anew.
  const path = await asked.text(texts.oldConfig, 'config.json', async (answer) => {
    const read = await oldConfig(answer, texts);
    return read.ok ? null : read.failure.message;
  });
  return oldConfig(path, texts);
}

async function oldConfig(path: string, texts: InitTexts): Promise<Result<InitBase>> {
  try {
    return success({ kind: 'old', path, text: await readFile(path, 'utf8') });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return wrong(texts, texts.failures.unreadable(path, reason));
  }
}

async function storeOf(
  options: GlobalOptions,
  flags: InitFlags,
  base: InitBase,
  { asked, texts }: Asking,
): Promise<Result<InitStore>> {
  const folder = /^folder:(.+)$/.exec(options.store ?? '')?.[1];
  if (folder !== undefined) return success({ kind: 'folder', path: folder });
  const bucket = /^s3:\/\/([^/]+)\/?$/.exec(options.store ?? '')?.[1];
  if (options.store !== undefined && bucket === undefined)
    return wrong(texts, texts.failures.wrongStore(options.store));
  if (flags.endpoint !== undefined && !isEndpoint(flags.endpoint))
    return wrong(texts, texts.failures.wrongEndpoint(flags.endpoint));
  const endpoint = flags.endpoint === undefined ? null : withScheme(flags.endpoint);
  if (bucket !== undefined || base.kind === 'old')
    return success({ kind: 'bucket', bucket: bucket ?? null, endpoint });
  if (asked === null) return missing(texts, ['--store folder:PATH', '--store s3://BUCKET']);
  const kind = await asked.choose(texts.place.question, [
    [texts.place.bucket, 'bucket'],
    [texts.place.folder, 'folder'],
  ]);
  if (kind === 'folder') {
    const isGiven = (answer: string): string | null => (answer === '' ? texts.asking.empty : null);
    return success({ kind, path: await asked.text(texts.folder, './posts', isGiven) });
  }
  const ask = (words: InitTexts['bucket'], isRight: (answer: string) => boolean): Promise<string> =>
    asked.text(words.question, '', (answer) => (isRight(answer) ? null : words.wrong));
  return success({
    kind: 'bucket',
    bucket: await ask(texts.bucket, (answer) => BUCKET_NAME.test(answer)),
    endpoint: endpoint ?? withScheme(await ask(texts.endpoint, isEndpoint)),
  });
}

/** As every store takes it; Backblaze also keeps capital letters of old. */
const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{1,61}[A-Za-z0-9]$/;

/** A name without a dot, a port or a scheme is that of a bucket, or a slip. */
function isEndpoint(address: string): boolean {
  const whole = withScheme(address);
  if (/\s/.test(address) || !isAcceptableAddress(whole)) return false;
  return address.includes('://') || /[.:]/.test(new URL(whole).host);
}

function withScheme(address: string): string {
  return address.includes('://') ? address : `https://${address}`;
}

function wrong({ failures: { advice } }: InitTexts, message: string): Result<never> {
  return failure('usage', message, {}, { advice });
}

function missing({ failures }: InitTexts, flags: readonly string[]): Result<never> {
  const listed = `${flags.slice(0, -1).join(', ')} ${failures.or} ${flags.at(-1)}`;
  return failure('usage', failures.missing(listed), {}, { advice: failures.missingAdvice });
}
