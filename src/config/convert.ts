/**
 * Brings a configuration of the old scripts up to date: what nothing reads is taken out, what a provider no longer takes
 * is replaced by what would be sent instead, and every change is named, so that its owner can check each one.
 */
import { success, type Result } from '../domain/failure.ts';
import {
  nearestRunwayDuration,
  nearestRunwayRatio,
  WITHDRAWN_RUNWAY_MODELS,
} from '../domain/runway-limits.ts';
import { childOf, schemaRoot, type SchemaNode } from './json-schema.ts';
import { interpretConfig } from './load.ts';
import { holdsSecret, pathText, shownValue } from './problem.ts';
import type { Config } from './schema.ts';

export interface ConfigChange {
  readonly kind: 'removed' | 'replaced' | 'kept' | 'added';
  /** `VIDEO.runway_ratio` */
  readonly path: string;
  /** The old value, cut short; null for what is no single value and for what could be a secret. */
  readonly was: string | null;
  readonly now: string | null;
  readonly why: string;
}

export interface ConvertedConfig {
  /** Ready to be written. Parsed, it says what the old one said, except for what was `replaced`. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly config: Config;
  readonly changes: readonly ConfigChange[];
}

type Json = Record<string, unknown>;

/** `path` only names the file in messages. `config_invalid` when the old configuration cannot be used even as it is. */
export function convertConfig(text: string, path: string): Result<ConvertedConfig> {
  const loaded = interpretConfig(text, path);
  if (!loaded.ok) return loaded;
  const json = structuredClone({ ...loaded.value.raw });
  const changes: ConfigChange[] = [];
  removeUnread(json, schemaRoot(), [], changes);
  removeLosingModel(json, loaded.value.config, changes);
  replaceVideoValues(json, loaded.value.config, changes);
  replaceChoice(json, changes);
  const checked = interpretConfig(JSON.stringify(json), path);
  if (!checked.ok) return checked;
  return success({ json, config: checked.value.config, changes });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function removeUnread(
  holder: Json,
  node: SchemaNode,
  path: readonly PropertyKey[],
  changes: ConfigChange[],
): void {
  for (const [name, value] of Object.entries(holder)) {
    const place = pathText([...path, name]);
    const known = childOf(node, name);
    if (known?.deprecated === true) {
      delete holder[name];
      changes.push(change('removed', place, value, 'Nothing reads it any more.'));
    } else if (known !== null) {
      if (isObject(value)) removeUnread(value, known, [...path, name], changes);
    } else if (holdsSecret(place, value)) {
      delete holder[name];
      const why =
        'It looks like a secret; secrets belong into the environment. Replace it if others saw this file.';
      changes.push({ kind: 'removed', path: place, was: null, now: null, why });
    } else {
      changes.push(change('kept', place, value, 'Reelmill does not know it; another tool may.'));
    }
  }
}

function change(kind: ConfigChange['kind'], path: string, was: unknown, why: string): ConfigChange {
  return { kind, path, was: shownValue(path, was), now: null, why };
}

/** Two names of the text model, of which only one counts, look as if both did. */
function removeLosingModel(json: Json, config: Config, changes: ConfigChange[]): void {
  const openai = isObject(json['API_KEYS']) ? json['API_KEYS']['openai'] : undefined;
  if (!isObject(openai) || typeof openai['model'] !== 'string' || config.OPENAI_SETTINGS.model === null)
    return;
  const { model } = openai;
  delete openai['model'];
  const why = `OPENAI_SETTINGS.model, \`${config.OPENAI_SETTINGS.model}\`, wins over it.`;
  changes.push(change('removed', 'API_KEYS.openai.model', model, why));
}

function replaceVideoValues(json: Json, config: Config, changes: ConfigChange[]): void {
  const asked = config.API_KEYS.runwayml.model_name;
  const model = Object.hasOwn(WITHDRAWN_RUNWAY_MODELS, asked)
    ? (WITHDRAWN_RUNWAY_MODELS[asked] ?? asked)
    : asked;
  const put = (section: readonly string[], key: string, now: unknown, why: string): void => {
    const holder = section.reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), json);
    if (!isObject(holder) || holder[key] === now || holder[key] === undefined) return;
    const path = [...section, key].join('.');
    changes.push({ ...change('replaced', path, holder[key], why), now: shownValue(path, now) });
    holder[key] = now;
  };
  put(['API_KEYS', 'runwayml'], 'model_name', model, 'Runway has withdrawn the old model.');
  const { runway_duration: duration, runway_ratio: ratio, mock_codec: codec } = config.VIDEO;
  const taken = `the nearest that ${model} takes`;
  put(
    ['VIDEO'],
    'runway_ratio',
    nearestRunwayRatio(model, ratio),
    `Runway refuses the old ratio; this is ${taken}.`,
  );
  put(
    ['VIDEO'],
    'runway_duration',
    nearestRunwayDuration(model, duration),
    `Runway refuses the old length; this is ${taken}.`,
  );
  if (!/^(lib)?x264$|^h\.?264$|^avc1?$/i.test(codec))
    put(['VIDEO'], 'mock_codec', 'libx264', 'Mock videos are always H.264.');
}

/** The one phrase by which the old prompt sent the model to a list that it never saw. */
const CHOICE =
  /\b(choose|pick|select) one creative approach from (['"`]?)creative_prompts\2( in( the)? config)?/i;

function replaceChoice(json: Json, changes: ConfigChange[]): void {
  const prompts = json['PROMPTS'];
  if (!isObject(prompts) || typeof prompts['user_prompt_combined'] !== 'string') return;
  const was = prompts['user_prompt_combined'];
  if (was.includes('{creative_prompt}') || !CHOICE.test(was)) return;
  prompts['user_prompt_combined'] = was.replace(CHOICE, "use the creative approach '{creative_prompt}'");
  changes.push({
    kind: 'replaced',
    path: 'PROMPTS.user_prompt_combined',
    was: `…${CHOICE.exec(was)?.[0] ?? ''}…`,
    now: "…use the creative approach '{creative_prompt}'…",
    why: 'The model never saw that list; one entry of it is drawn for each post and stands here now.',
  });
}
