/**
 * Prompts are written by people and hold JSON examples, so braces are everywhere; only names that we know may be
 * replaced. Filling in one pass keeps a value (a model's own text, for instance) from smuggling in another placeholder.
 */

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/** Replaces `{name}` for every name in `values`; all other braces stay as they are. A value is never filled again. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
}

/** The names that look like placeholders in a template, each once, in order of appearance. */
export function placeholdersIn(template: string): readonly string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name]) => name ?? ''))];
}
