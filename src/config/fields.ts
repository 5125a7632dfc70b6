/**
 * The words in which the schema is written. Each field carries its default, unit and meaning in one place, from which
 * the JSON Schema, the reference page, the example and the error suggestions are all made, so they cannot drift apart.
 */
import { z } from 'zod';

export type Unit =
  | 'seconds'
  | 'USD'
  | 'characters'
  | 'tokens'
  | 'pixels'
  | 'frames per second'
  | 'UTC'
  | 'attempts'
  | 'posts';

/** Longest prompt accepted, in characters: far above any sensible one, far below what would cost real money. */
const PROMPT_LIMIT = 20_000;
const TEXT_LIMIT = 500;

/**
 * A group of keys. Keys that we do not know are kept, so that other tools may store theirs beside ours. `check` sees
 * the whole group and reports what only two keys together can get wrong.
 */
export function section<Shape extends z.core.$ZodLooseShape>(
  description: string,
  shape: Shape,
  check: (values: Values<Shape>, context: z.core.$RefinementCtx) => void = () => undefined,
) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every key of a section has a default, which the type of a generic shape cannot say; the test of `{}` does.
  const nothing = {} as never;
  return z.looseObject(shape).superRefine(check).prefault(nothing).meta({ description });
}

type Values<Shape extends z.core.$ZodLooseShape> = z.core.output<z.ZodObject<Shape, z.core.$loose>>;

/** Gives a field its default, meaning and unit. */
export function field<Field extends z.ZodType>(
  schema: Field,
  initial: z.core.util.NoUndefined<z.output<Field>>,
  description: string,
  unit?: Unit,
): z.ZodDefault<Field> {
  // A default behind a transformation is left out of the JSON Schema unless it is named there too.
  const facts = { description, default: initial };
  return schema.default(initial).meta(unit === undefined ? facts : { ...facts, unit });
}

/** A key of old configs that nothing reads any more: accepted, kept, and named by `config check`. */
export function retired(description: string) {
  return z.unknown().optional().meta({ description, deprecated: true });
}

export const flag = z.boolean();
export const line = z.string().trim().min(1).max(TEXT_LIMIT);
export const prompt = z.string().min(1).max(PROMPT_LIMIT);
export const temperature = z.number().min(0).max(2);
export const tokens = z.int().min(1).max(100_000);
export const usd = z.number().min(0).max(1_000_000);
export const color = z.string().regex(/^[0-9a-fA-F]{6}$/, 'is not six hexadecimal digits such as `1f2933`');
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day such as `20:30`');

/** A whole number of seconds within bounds. */
export function seconds(minimum: number, maximum: number) {
  return z.int().min(minimum).max(maximum);
}

/** https everywhere; plain http only to this machine, for the sandbox. */
export const webAddress = z
  .string()
  .max(2000)
  .refine(
    isAcceptableAddress,
    'is not an https address such as `https://api.example.com` (plain http is only for this machine)',
  );

/** Whether a text is an https address, or http to this machine, without a user name or password inside. */
export function isAcceptableAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(url.hostname));
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The key of one object in the bucket. */
export const objectKey = z
  .string()
  .min(1)
  .max(200)
  .refine(
    isSafeKey,
    'is not a plain object key such as `config/state.json` (no leading `/`, no `..`, no `\\`)',
  );

/** A folder of the bucket; the closing `/` is added when it is missing. */
export const folder = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (text) => isSafeKey(text.replace(/\/$/, '')),
    'is not a plain folder name such as `archive/` (no leading `/`, no `..`, no `\\`)',
  )
  .overwrite((text) => (text.endsWith('/') ? text : `${text}/`));

function isSafeKey(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters in a key make it unreachable by other tools.
  if (/[\u0000-\u001f\u007f\\]/.test(text)) return false;
  return text.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
