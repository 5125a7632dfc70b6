/**
 * The reference page and the example, made from the schema: a page kept by hand is wrong within a month.
 */
import { ENVIRONMENT_VARIABLES } from './variables.ts';
import { describeType, schemaRoot } from './json-schema.ts';
import type { SchemaNode } from './json-schema.ts';
import { defaultConfig } from './schema.ts';

const SHORT_VALUE = 60;
const COMMENT_WIDTH = 110;

/** `config.example.json`: every live key with its default. */
export function renderExample(): string {
  const example = { $schema: './schema/config.schema.json', ...defaultConfig() };
  return `${JSON.stringify(example, null, 2)}\n`;
}

/** `docs/configuration.md`. */
export function renderReference(): string {
  const sections = children(schemaRoot()).filter(([name]) => name !== '$schema');
  return [
    '# Configuration',
    '',
    '<!-- Made from the schema by `npm run generate`; edits by hand are lost. -->',
    '',
    'Reelmill reads one JSON file, `config.json` (or the one named by `--config` or REELMILL_CONFIG), and the environment.',
    'Every key may be left out; the default then applies. Unknown keys are kept and reported. `reelmill config check` lists every problem and every outdated value.',
    'For completion in an editor, begin the file with `"$schema": "./schema/config.schema.json"`.',
    '',
    '## Environment',
    '',
    'Secrets are read from here only, and shown nowhere.',
    '',
    ...table(['Variable', 'Secret', 'Needed by', 'Meaning'], environmentRows()),
    '',
    ...sections.flatMap(([name, node]) => renderSection(name, node)),
    ...renderRetired(schemaRoot()),
    '## A complete example',
    '',
    'All defaults, with long texts cut short here; `config.example.json` has them whole. A real file has no comments.',
    '',
    '```jsonc',
    ...renderCommented(),
    '```',
    '',
  ].join('\n');
}

function children(node: SchemaNode): readonly (readonly [string, SchemaNode])[] {
  return Object.entries(node.properties ?? {});
}

function environmentRows(): readonly (readonly string[])[] {
  return Object.entries(ENVIRONMENT_VARIABLES).map(([name, { secret, neededBy, description }]) => [
    `\`${name}\``,
    secret ? 'yes' : 'no',
    neededBy.length === 0 ? 'optional' : neededBy.map((command) => `\`${command}\``).join(', '),
    description,
  ]);
}

function renderSection(name: string, node: SchemaNode): readonly string[] {
  const isGroup = node.properties !== undefined;
  const leaves = isGroup ? leavesOf(node, '') : [[name, node] as const];
  const rows = leaves.map(([path, leaf]) => [
    `\`${path}\``,
    describeType(leaf),
    describeDefault(leaf),
    leaf.unit ?? '',
    leaf.description ?? '',
  ]);
  const introduction = isGroup && node.description !== undefined ? [node.description, ''] : [];
  return [
    `## ${name}`,
    '',
    ...introduction,
    ...table(['Key', 'Type', 'Default', 'Unit', 'Meaning'], rows),
    '',
  ];
}

function leavesOf(node: SchemaNode, prefix: string): readonly (readonly [string, SchemaNode])[] {
  return children(node).flatMap(([name, child]): readonly (readonly [string, SchemaNode])[] => {
    if (child.deprecated === true) return [];
    const path = `${prefix}${name}`;
    return child.properties === undefined ? [[path, child]] : leavesOf(child, `${path}.`);
  });
}

function renderRetired(root: SchemaNode): readonly string[] {
  const found = retiredIn(root, '');
  return [
    '## Keys of the old scripts',
    '',
    'Accepted and kept, so that an old file loads as it is, and read by nothing:',
    '',
    ...found.map(([path, node]) => `- \`${path}\`: ${node.description ?? ''}`),
    '',
  ];
}

function retiredIn(node: SchemaNode, prefix: string): readonly (readonly [string, SchemaNode])[] {
  return children(node).flatMap(([name, child]): readonly (readonly [string, SchemaNode])[] =>
    child.deprecated === true ? [[`${prefix}${name}`, child]] : retiredIn(child, `${prefix}${name}.`),
  );
}

function describeDefault(node: SchemaNode): string {
  if (node.default === undefined) return 'none';
  if (Array.isArray(node.default) && node.default.length > 3)
    return `${node.default.length} built-in entries`;
  const text = JSON.stringify(node.default);
  return text.length > SHORT_VALUE ? 'built in' : `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function renderCommented(): readonly string[] {
  return ['{', ...renderMembers(defaultConfig(), schemaRoot(), '  '), '}'];
}

function renderMembers(values: object, node: SchemaNode, indent: string): readonly string[] {
  const entries = Object.entries(values);
  return entries.flatMap(([name, value], index) => {
    const child = node.properties?.[name];
    const comma = index === entries.length - 1 ? '' : ',';
    const comment = wrap(child?.description ?? '', indent);
    const key = `${indent}${JSON.stringify(name)}: `;
    if (child?.properties !== undefined && typeof value === 'object' && value !== null) {
      return comment.concat(`${key}{`, renderMembers(value, child, `${indent}  `), `${indent}}${comma}`);
    }
    return comment.concat(`${key}${shortJson(value)}${comma}`);
  });
}

function wrap(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= COMMENT_WIDTH) lines.push(`${indent}// ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function shortJson(value: unknown): string {
  if (Array.isArray(value) && value.length > 2)
    return `[${shortJson(value[0])}, ${shortJson(value[1])} /* … */]`;
  if (typeof value === 'string' && value.length > SHORT_VALUE)
    return JSON.stringify(`${value.slice(0, SHORT_VALUE).trimEnd()}…`);
  return JSON.stringify(value);
}
