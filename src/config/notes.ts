/**
 * A misspelt key is silently a default, which is how a ceiling on spending comes to be ignored. Unknown keys are kept,
 * since other tools may use them, but each is named, with the key that was probably meant.
 */
import { closest, distance } from 'fastest-levenshtein';
import { placeholdersIn } from '../domain/prompt-template.ts';
import { childOf } from './json-schema.ts';
import type { SchemaNode } from './json-schema.ts';
import type { DuplicateKey } from './json-text.ts';
import { outdatedValues } from './legacy.ts';
import { holdsSecret, pathText } from './problem.ts';
import type { ConfigNote } from './problem.ts';
import type { Config } from './schema.ts';
import { senselessValues } from './senseless.ts';

const NOTE_LIMIT = 200;
const LARGEST_SLIP = 3;
const LONGEST_KEY = 60;

/** Notes on keys that are written twice in one object. */
export function notesOnDuplicates(duplicates: readonly DuplicateKey[]): readonly ConfigNote[] {
  return duplicates.slice(0, NOTE_LIMIT).map(({ key, line, column }) => ({
    kind: 'duplicate_key',
    path: key,
    message: `is written twice in one object (line ${line}, column ${column}); only the last one counts`,
    suggestion: 'Remove one of them.',
  }));
}

/** Notes on keys that nothing reads: unknown ones, those of the old scripts, and secrets that do not belong here. */
export function notesOnKeys(raw: object, root: SchemaNode): readonly ConfigNote[] {
  const notes: ConfigNote[] = [];
  collect(raw, root, [], notes);
  return notes.slice(0, NOTE_LIMIT);
}

function collect(value: unknown, node: SchemaNode, path: readonly PropertyKey[], notes: ConfigNote[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    const part = Array.isArray(value) ? Number(name) : name;
    const place = [...path, part];
    const known = childOf(node, part);
    if (known === null) {
      notes.push(unknownKey(place, child, Object.keys(node.properties ?? {})));
    } else if (known.deprecated === true) {
      const message = `is not read: ${known.description ?? ''}`.replace(/(\. Not read)?\.$/, '');
      notes.push({ kind: 'retired', path: pathText(place), message, suggestion: 'It can be removed.' });
    } else {
      collect(child, known, place, notes);
    }
  }
}

function unknownKey(place: readonly PropertyKey[], value: unknown, siblings: readonly string[]): ConfigNote {
  const path = pathText(place);
  if (holdsSecret(path, value)) {
    const message = 'looks like a secret; Reelmill reads no secrets from this file';
    return {
      kind: 'suspicious',
      path,
      message,
      suggestion: 'Move it to an environment variable, and replace it if this file was ever shared.',
    };
  }
  const near = nearestKey(String(place.at(-1)), siblings);
  const suggestion = near === null ? 'Remove it unless another tool needs it.' : `Did you mean \`${near}\`?`;
  return {
    kind: 'unknown_key',
    path,
    message: 'is not a key that Reelmill knows; it is kept and not read',
    suggestion,
  };
}

/** The known key that was probably meant, or null. Case and `-` for `_` do not count as slips. */
function nearestKey(name: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '_');
  const candidates = known.map(plain);
  if (candidates.length === 0 || name.length > LONGEST_KEY) return null;
  const swapped = candidates.findIndex((candidate) => isSwapped(plain(name), candidate));
  if (swapped >= 0) return known[swapped] ?? null;
  const best = closest(plain(name), candidates);
  const allowed = Math.min(LARGEST_SLIP, Math.floor(name.length / 3));
  return distance(plain(name), best) <= allowed ? (known[candidates.indexOf(best)] ?? null) : null;
}

/** Two neighbours changed places, the commonest slip in a short word; as a distance it counts like two others. */
function isSwapped(name: string, candidate: string): boolean {
  const at = [...name].findIndex((letter, index) => letter !== candidate[index]);
  if (at < 0 || name.length !== candidate.length) return false;
  const mended = `${name.slice(0, at)}${name[at + 1] ?? ''}${name[at] ?? ''}${name.slice(at + 2)}`;
  return mended === candidate;
}

/** Notes on values that are allowed but outdated, useless or probably mistaken. */
export function notesOnValues(raw: Readonly<Record<string, unknown>>, config: Config): readonly ConfigNote[] {
  return [
    ...outdatedValues(raw, config),
    ...focusNotes(config),
    ...placeholderNotes(config),
    ...senselessValues(config),
  ];
}

/** No mistake by itself: a channel of the old scripts has its focuses in the store, which nobody looks into here. */
function focusNotes({ CONTENT, FILE_PATHS }: Config): readonly ConfigNote[] {
  if (CONTENT.focuses.length > 0) return [];
  const message = `is empty: a run fails unless \`all_focuses\` of ${FILE_PATHS.topics_tracker} in the store holds some`;
  const suggestion = 'Write some subjects, unless they stand there.';
  return [{ kind: 'suspicious', path: 'CONTENT.focuses', message, suggestion }];
}

interface Template {
  readonly path: string;
  readonly text: string;
  readonly needs: readonly string[];
  readonly allows: readonly string[];
}

function templates(config: Config): readonly Template[] {
  const { CONTENT, SARCASM, PROMPTS, VISUAL_ANALYSIS } = config;
  const aboutText = [
    'comment_prompt',
    'tragic_comment_prompt',
    'question_prompt',
    'tragic_question_prompt',
  ] as const;
  return [
    {
      path: 'CONTENT.topic.prompt_template',
      text: CONTENT.topic.prompt_template,
      needs: ['focus_areas'],
      allows: ['exclusions'],
    },
    {
      path: 'CONTENT.text.prompt_template',
      text: CONTENT.text.prompt_template,
      needs: ['topic'],
      allows: [],
    },
    {
      path: 'CONTENT.tragic_text.prompt_template',
      text: CONTENT.tragic_text.prompt_template,
      needs: ['topic'],
      allows: [],
    },
    ...aboutText.map((key) => ({
      path: `SARCASM.${key}`,
      text: SARCASM[key],
      needs: ['text'],
      allows: [],
    })),
    {
      path: 'PROMPTS.user_prompt_combined',
      text: PROMPTS.user_prompt_combined,
      needs: ['topic'],
      allows: ['creative_prompt', 'restriction'],
    },
    {
      path: 'VISUAL_ANALYSIS.image_selection_prompt',
      text: VISUAL_ANALYSIS.image_selection_prompt,
      needs: ['prompt', 'criteria'],
      allows: [],
    },
  ];
}

function placeholderNotes(config: Config): readonly ConfigNote[] {
  return templates(config).flatMap(({ path, text, needs, allows }) => {
    const used = placeholdersIn(text);
    const missing = needs.filter((name) => !used.includes(name));
    const unknown = used.filter((name) => !needs.includes(name) && !allows.includes(name));
    return missing
      .map((name) => missingPlaceholder(path, name))
      .concat(unknown.map((name) => unknownPlaceholder(path, name, needs.concat(allows))));
  });
}

function missingPlaceholder(path: string, name: string): ConfigNote {
  const message = `has no {${name}}, so the model never sees it`;
  return { kind: 'suspicious', path, message, suggestion: `Put {${name}} where it belongs in the prompt.` };
}

function unknownPlaceholder(path: string, name: string, known: readonly string[]): ConfigNote {
  const message = `holds {${name}}, which is not filled here; the model sees it as it stands`;
  return {
    kind: 'suspicious',
    path,
    message,
    suggestion: `This prompt fills ${known.map((one) => `{${one}}`).join(', ')}.`,
  };
}
