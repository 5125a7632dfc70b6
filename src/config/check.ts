/**
 * Decides whether a text is a usable configuration, and says everything that is wrong with it at once. Pure, so that
 * `config check`, the loader and the web page give the same answer.
 */
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { describeType, nodeAt, schemaRoot } from './json-schema.ts';
import type { SchemaNode } from './json-schema.ts';
import { parseJsonText } from './json-text.ts';
import { notesOnDuplicates, notesOnKeys, notesOnValues } from './notes.ts';
import { looksSecret, pathText, shownValue } from './problem.ts';
import type { ConfigNote, ConfigProblem } from './problem.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';

/** Largest configuration accepted, in UTF-8 bytes. */
export const CONFIG_SIZE_LIMIT = 1024 * 1024;

const DEPTH_LIMIT = 20;
const PROBLEM_LIMIT = 200;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export type ConfigReport =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly raw: Readonly<Record<string, unknown>>;
      readonly notes: readonly ConfigNote[];
    }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      /** On what is not among the problems, so that the file can be mended once. */
      readonly notes: readonly ConfigNote[];
    };

/** Checks the text of a `config.json`. All problems are listed, up to 200. */
export function checkConfig(text: string): ConfigReport {
  const parsed = parseJsonText(text);
  if (!parsed.ok) {
    const message = `is not valid JSON at line ${parsed.line}, column ${parsed.column}: ${parsed.reason}`;
    return refused([
      { path: '', message, value: null, suggestion: 'Correct that place; nothing after it was read.' },
    ]);
  }
  const raw = parsed.value;
  if (!isObject(raw)) {
    return refused([
      {
        path: '',
        message: 'is not a JSON object',
        value: shownValue('', raw),
        suggestion: 'Begin with `{`; `reelmill init` writes an example.',
      },
    ]);
  }
  const dangerous = findDangerousKeys(raw);
  if (dangerous.length > 0) return refused(dangerous);
  const checked = configSchema.safeParse(raw);
  const root = schemaRoot();
  const onKeys = [...notesOnDuplicates(parsed.duplicates), ...notesOnKeys(raw, root)];
  const lost = onKeys.filter(isLostLimit);
  if (checked.success && lost.length > 0) {
    const problems = lost.map(({ path, suggestion }) => ({
      path,
      message: LOST_LIMIT,
      value: null,
      suggestion,
    }));
    return refused(
      problems,
      onKeys.filter((note) => !isLostLimit(note)),
    );
  }
  if (checked.success) {
    const notes = [...onKeys, ...notesOnValues(raw, checked.data)];
    return { ok: true, config: checked.data, raw, notes };
  }
  const { issues } = checked.error;
  const problems = issues.map((issue) => toProblem(issue, raw, root));
  const isTold = (note: ConfigNote): boolean => problems.some(({ path }) => isWithin(note.path, path));
  const notes = [...onKeys, ...notesOnTheRest(raw, issues)].filter((note) => !isTold(note));
  return refused(problems, notes);
}

const LOST_LIMIT = 'is no limit that Reelmill knows; one that is not read would limit nothing';

/** Everywhere else an unknown key may be another tool's; here it is a ceiling on spending that somebody believes in. */
function isLostLimit({ kind, path, suggestion }: ConfigNote): boolean {
  return kind === 'unknown_key' && (path.startsWith('BUDGET.') || suggestion.includes('`BUDGET`'));
}

function refused(problems: readonly ConfigProblem[], notes: readonly ConfigNote[] = []): ConfigReport {
  return { ok: false, problems: problems.slice(0, PROBLEM_LIMIT), notes };
}

/** Notes on the values that are left when the wrong ones give way to their defaults. */
function notesOnTheRest(
  raw: Record<string, unknown>,
  issues: readonly z.core.$ZodIssue[],
): readonly ConfigNote[] {
  const rest = structuredClone(raw);
  for (const { path } of issues) {
    const firstIndex = path.findIndex((part) => typeof part === 'number');
    // A list without one of its entries would be another list.
    const place = firstIndex === -1 ? path : path.slice(0, firstIndex);
    const holder = valueAt(rest, place.slice(0, -1));
    const name = place.at(-1);
    if (isObject(holder) && name !== undefined) Reflect.deleteProperty(holder, name);
  }
  const checked = configSchema.safeParse(rest);
  return checked.success ? notesOnValues(rest, checked.data) : [];
}

function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`) || path.startsWith(`${whole}[`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function findDangerousKeys(raw: object): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const queue: { readonly value: object; readonly path: readonly PropertyKey[] }[] = [
    { value: raw, path: [] },
  ];
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    const { value, path } = entry;
    if (path.length >= DEPTH_LIMIT) {
      problems.push({
        path: pathText(path),
        message: `is nested more than ${DEPTH_LIMIT} levels deep`,
        value: null,
        suggestion: 'Remove the nesting.',
      });
      break;
    }
    for (const [key, child] of Object.entries(value)) {
      const childPath = [...path, Array.isArray(value) ? Number(key) : key];
      if (FORBIDDEN_KEYS.has(key)) {
        problems.push({
          path: pathText(childPath),
          message: 'is a name that JavaScript gives a meaning of its own',
          value: null,
          suggestion: 'Remove or rename this key.',
        });
      } else if (typeof child === 'object' && child !== null) {
        queue.push({ value: child, path: childPath });
      }
    }
  }
  return problems;
}

function toProblem(issue: z.core.$ZodIssue, raw: unknown, root: SchemaNode): ConfigProblem {
  const path = pathText(issue.path);
  const value = valueAt(raw, issue.path);
  const node = nodeAt(root, issue.path);
  return {
    path,
    message: describeIssue(issue, value),
    value: shownValue(path, value),
    suggestion: suggestionOf(issue, node) ?? suggestFrom(node, value, looksSecret(path, value)),
  };
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'custom') return issue.message;
  if (value === undefined && issue.code === 'invalid_type') return 'is missing';
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const extent = issue.code === 'too_small' ? 'small' : 'large';
    return issue.origin === 'string'
      ? `is too ${issue.code === 'too_small' ? 'short' : 'long'}`
      : issue.origin === 'array'
        ? `has too ${issue.code === 'too_small' ? 'few' : 'many'} entries`
        : `is too ${extent}`;
  }
  if (issue.code === 'invalid_value') return 'is not one of the possible values';
  if (issue.code === 'invalid_format' && issue.message.startsWith('is ')) return issue.message;
  if (issue.code === 'invalid_format') return 'does not have the right form';
  return 'has the wrong type';
}

function suggestionOf(issue: z.core.$ZodIssue, node: SchemaNode | null): string | null {
  if (issue.message.includes('such as'))
    return `Write it in that form.${node === null ? '' : suggestDefault(node)}`;
  const suggestion: unknown = issue.code === 'custom' ? issue.params?.['suggestion'] : undefined;
  return typeof suggestion === 'string' ? suggestion : null;
}

function suggestFrom(node: SchemaNode | null, value: unknown, hideValue: boolean): string {
  if (node === null) return 'See docs/configuration.md.';
  const fallback = suggestDefault(node);
  if (node.enum !== undefined && typeof value === 'string' && value.length <= 60 && !hideValue) {
    const near = closest(value.toLowerCase(), node.enum.map(String));
    if (distance(value.toLowerCase(), near) <= 2) return `Did you mean \`${near}\`?${fallback}`;
  }
  const isNumber = node.type === 'integer' || node.type === 'number';
  if (isNumber && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) {
    return `Write the number without quotes: \`${Number(value)}\`.${fallback}`;
  }
  if (node.type === 'boolean' && typeof value === 'string' && /^(true|false)$/i.test(value)) {
    return `Write \`${value.toLowerCase()}\` without quotes.${fallback}`;
  }
  const limit =
    node.maxLength !== undefined && typeof value === 'string'
      ? ` of ${node.minLength ?? 0} to ${node.maxLength} characters`
      : '';
  return `Write ${describeType(node)}${limit}${describeCount(node)}.${fallback}`;
}

function describeCount(node: SchemaNode): string {
  return node.minItems !== undefined || node.maxItems !== undefined
    ? `, ${node.minItems ?? 0} to ${node.maxItems ?? 'any number of'} entries`
    : '';
}

function suggestDefault(node: SchemaNode): string {
  const value = node.default;
  if (value === undefined || (typeof value === 'object' && value !== null)) return '';
  const text = JSON.stringify(value);
  return text.length > 60
    ? ' Without the key, a built-in text is used.'
    : ` Without the key it is \`${text}\`.`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    const held: unknown = Reflect.get(value, part);
    value = held;
  }
  return value;
}
