/**
 * What can still be read out of a damaged document. Repair asks this before it falls back to a default, so that an id
 * the publisher has marked, or a task that is already paid for, is not forgotten because of one missing bracket.
 */
import { z } from 'zod';
import { isGenerationId, type GenerationId } from './generation-id.ts';
import { DEEPEST_JSON, isDeeperThan } from './json-depth.ts';

/** The text of any bytes: what is no UTF-8 becomes a replacement character, and a document of 16-bit characters loses its zeros. */
export function readableText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes).replaceAll('\0', '');
}

export interface ReadablePart {
  /** `undefined`: not even the beginning is JSON. */
  readonly value: unknown;
  /** Nothing was cut off: the text as a whole is JSON. */
  readonly whole: boolean;
}

/** The text as JSON, or its longest beginning that is JSON once the open brackets are closed: a write that was cut short reads like that. */
export function readablePart(text: string): ReadablePart {
  const whole = parsed(text);
  if (whole !== undefined) return { value: whole, whole: true };
  const cuts = safeCuts(text);
  for (const { end, closing } of cuts.toReversed().slice(0, 20)) {
    const value = parsed(text.slice(0, end) + closing);
    if (value !== undefined) return { value, whole: false };
  }
  return { value: undefined, whole: false };
}

interface Cut {
  readonly end: number;
  /** The brackets that are open there. */
  readonly closing: string;
}

/** Places after a complete value, where the text could end if its open brackets were closed. */
function safeCuts(text: string): Cut[] {
  const cuts: Cut[] = [];
  const open: string[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
      continue;
    }
    if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      if (open.length >= DEEPEST_JSON) break;
      open.push(character === '{' ? '}' : ']');
      cuts.push({ end: at + 1, closing: open.toReversed().join('') });
    } else if (character === ',') cuts.push({ end: at, closing: open.toReversed().join('') });
    else if (character === '}' || character === ']') {
      if (open.pop() !== character) break;
      cuts.push({ end: at + 1, closing: open.toReversed().join('') });
      if (open.length === 0) break;
    }
  }
  // A list that was cut right after a text, with no comma behind it. A number may have been cut itself.
  if (!quoted && open.length > 0 && text.trimEnd().endsWith('"'))
    cuts.push({ end: text.length, closing: open.toReversed().join('') });
  return cuts;
}

function parsed(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    // What is nested too deeply could not be written again; its beginning can.
    return isDeeperThan(json, DEEPEST_JSON) ? undefined : json;
  } catch {
    return undefined;
  }
}

/** Each key whose value is right by itself; keys that the schema does not know are kept as they are. */
export function soundFields(
  schema: z.ZodObject,
  value: unknown,
): { readonly kept: Record<string, unknown>; readonly lost: string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kept: {}, lost: [] };
  const fields = Object.entries(value);
  const isSound = ([key, field]: [string, unknown]): boolean =>
    !Object.hasOwn(schema.shape, key) || z.safeParse(schema.shape[key] as z.ZodType, field).success;
  return {
    kept: Object.fromEntries(fields.filter(isSound)),
    lost: fields.filter((field) => !isSound(field)).map(([key]) => key),
  };
}

const WORD = /(?<![\w-])(?:(\d{8}-\d{4})(?![\w-])|([A-Za-z_]\w*)["']?\s*[:=])/g;

/**
 * Ids in the text that belong to the key `generation_id` (or to no key, when the beginning is missing), each once, in
 * their order. An id under another key means something else there, and is left out.
 */
export function idsIn(text: string): GenerationId[] {
  const ids = new Set<GenerationId>();
  let key = 'generation_id';
  for (const { 1: id, 2: name, index } of text.matchAll(WORD)) {
    // The text may begin in the middle of the key.
    const begins = index === 0 && name !== undefined && key.endsWith(name);
    if (name !== undefined) key = begins ? key : name;
    else if (key === 'generation_id' && isGenerationId(id)) ids.add(id);
  }
  // Whatever form somebody gave the list, what stands in it belongs to it.
  const { value } = readablePart(text);
  if (typeof value === 'object' && value !== null && 'generation_id' in value)
    for (const [, id] of JSON.stringify(value.generation_id).matchAll(WORD))
      if (isGenerationId(id)) ids.add(id);
  return [...ids];
}
