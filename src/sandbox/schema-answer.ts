/** Fills any JSON schema: names that mean something get their value, everything else a plausible one of its type. */
import { numberOf } from './digest.ts';
import type { JsonSchema } from './openai-requests.ts';

/** Values by property name; undefined when the name means nothing. */
export type KnownValues = (name: string) => unknown;

const DEEPEST = 12;
const MOST_ITEMS = 200;
const LOWEST_SCORE = 5;
const HIGHEST_SCORE = 9.5;

/** An object of the schema; the same schema, values and seed give the same one. `winner` is the image with the best scores. */
export function fillSchema(schema: JsonSchema, values: KnownValues, seed: string): unknown {
  const filled = fill({ root: schema, values, seed }, schema, '', 0);
  return isRecord(filled) && 'winner' in filled
    ? { ...filled, winner: bestImage(filled) ?? filled['winner'] }
    : filled;
}

/** The schema of a verdict on pictures, for prompts that ask for one in words only. */
export function verdictSchema(pictures: number, criteria: number): JsonSchema {
  const scores = { type: 'array', items: { type: 'number' }, minItems: criteria, maxItems: criteria };
  const image = { type: 'object', properties: { image: { type: 'integer', minimum: 1 }, scores } };
  return {
    type: 'object',
    properties: {
      images: { type: 'array', items: image, minItems: pictures, maxItems: pictures },
      winner: { type: 'integer' },
      reason: { type: 'string' },
    },
  };
}

interface Filling {
  readonly root: JsonSchema;
  readonly values: KnownValues;
  readonly seed: string;
}

function fill(filling: Filling, given: JsonSchema, path: string, depth: number): unknown {
  if (depth > DEEPEST) return null;
  const schema = resolved(filling.root, given);
  const name = path.split('/').findLast((part) => !/^\d*$/.test(part)) ?? '';
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum']))
    return schema['enum'][numberOf(filling.seed + path) % schema['enum'].length];
  const options = [schema['anyOf'], schema['oneOf']].find((list): list is unknown[] => Array.isArray(list));
  const option = options?.find((entry) => isRecord(entry) && entry['type'] !== 'null');
  if (isRecord(option)) return fill(filling, option, path, depth + 1);
  const known = /\/\d+$/.test(path) ? undefined : filling.values(name);
  switch (typeOf(schema)) {
    case 'object':
      return Object.fromEntries(
        Object.entries(isRecord(schema['properties']) ? schema['properties'] : {}).map(([key, part]) => [
          key,
          fill(filling, isRecord(part) ? part : {}, `${path}/${key}`, depth + 1),
        ]),
      );
    case 'array':
      return Array.isArray(known) ? known : fillArray(filling, schema, path, depth);
    case 'integer':
    case 'number':
      return numberFor(filling, schema, name, path);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return typeof known === 'string' ? known : `Sample ${name.replaceAll('_', ' ') || 'text'}`;
  }
}

function fillArray(filling: Filling, schema: JsonSchema, path: string, depth: number): unknown[] {
  const least = Number(schema['minItems'] ?? 0);
  const most = Number(schema['maxItems'] ?? Math.max(least, 3));
  const length = Math.min(Math.max(least, Math.min(most, 3)), MOST_ITEMS);
  const items = isRecord(schema['items']) ? schema['items'] : {};
  return Array.from({ length }, (_, index) => fill(filling, items, `${path}/${index}`, depth + 1));
}

function numberFor(filling: Filling, schema: JsonSchema, name: string, path: string): number {
  const whole = typeOf(schema) === 'integer';
  const least = Number(schema['minimum'] ?? (whole ? 1 : 0));
  const most = Number(schema['maximum'] ?? Math.max(least, 10));
  // Entries of a list are numbered from 1, as people number pictures.
  const entry = /\/(\d+)\/image$/.exec(path)?.[1];
  if (name === 'image' && entry !== undefined) return Number(entry) + 1;
  const share = numberOf(`${filling.seed}${path}`) / 2 ** 32;
  if (!whole && most === 10 && least <= LOWEST_SCORE)
    return Math.round((LOWEST_SCORE + share * (HIGHEST_SCORE - LOWEST_SCORE)) * 2) / 2;
  const value = least + share * (most - least);
  return whole ? Math.min(Math.round(value), most) : Math.round(value * 10) / 10;
}

function bestImage(verdict: Readonly<Record<string, unknown>>): number | undefined {
  const images = Object.values(verdict).find(
    (value): value is unknown[] => Array.isArray(value) && value.some(isRecord),
  );
  const totals = images?.map((image) => sumOf(isRecord(image) ? image['scores'] : null));
  return totals === undefined ? undefined : totals.indexOf(Math.max(...totals)) + 1;
}

function sumOf(scores: unknown): number {
  const numbers = isRecord(scores) ? Object.values(scores) : Array.isArray(scores) ? scores : [];
  return numbers.reduce((sum: number, score: unknown) => sum + (typeof score === 'number' ? score : 0), 0);
}

function resolved(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const { $ref: reference } = schema;
  const target = typeof reference === 'string' ? /^#\/(\$defs|definitions)\/(.+)$/.exec(reference) : null;
  const definitions = target?.[1] === undefined ? null : root[target[1]];
  const found = isRecord(definitions) && target?.[2] !== undefined ? definitions[target[2]] : null;
  return isRecord(found) ? found : schema;
}

function typeOf(schema: JsonSchema): string {
  const { type } = schema;
  const first: unknown = Array.isArray(type) ? type.find((entry) => entry !== 'null') : type;
  return typeof first === 'string' ? first : isRecord(schema['properties']) ? 'object' : 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
