/**
 * The schema as plain data. Editors read it for completion; we read it ourselves to know which keys exist, what to
 * suggest for a wrong value and what to print in the reference, so none of those is kept by hand.
 */
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that our schema uses. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly unit?: string;
  readonly deprecated?: boolean;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** The JSON Schema (draft 2020-12) of a config file as a person writes it: everything is optional. */
export function buildJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

/** The same, typed for walking. */
export function schemaRoot(): SchemaNode {
  return buildJsonSchema();
}

/** The alternatives of a node other than null; a node without alternatives is its own only one. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const known = node.anyOf?.filter((part) => part.type !== 'null');
  return known === undefined || known.length === 0 ? [node] : known;
}

/** The node that describes the value at a path, or null where the schema says nothing. */
export function nodeAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | null = root;
  for (const part of path) {
    node = node === null ? null : childOf(node, part);
  }
  return node;
}

/** The node of one property or list entry. */
export function childOf(node: SchemaNode, part: PropertyKey): SchemaNode | null {
  for (const option of alternatives(node)) {
    if (typeof part === 'number') {
      if (option.items !== undefined) return option.items;
    } else if (option.properties !== undefined && Object.hasOwn(option.properties, part)) {
      return option.properties[String(part)] ?? null;
    } else if (
      typeof option.additionalProperties === 'object' &&
      option.additionalProperties.type !== undefined
    ) {
      return option.additionalProperties;
    }
  }
  return null;
}

/** The type and bounds of a node in words: `a whole number from 1 to 20`. */
export function describeType(node: SchemaNode): string {
  const nullable =
    node.anyOf?.some((part) => part.type === 'null') === true ||
    (Array.isArray(node.type) && node.type.includes('null'));
  const words = [...new Set(alternatives(node).map(describeOption))].join(' or ');
  return nullable ? `${words} or null` : words;
}

function describeOption(node: SchemaNode): string {
  const type = typeof node.type === 'string' ? node.type : node.type?.find((name) => name !== 'null');
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (type === 'integer') return `a whole number${bounds(node.minimum, node.maximum)}`;
  if (type === 'number') return `a number${bounds(node.minimum, node.maximum)}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'array')
    return `a list${node.items === undefined ? '' : ` of ${plural(describeKind(node.items))}`}`;
  if (type === 'object') return 'an object';
  return type === 'string' ? 'a text' : 'anything';
}

function describeKind(node: SchemaNode): string {
  const type = alternatives(node)[0]?.type;
  return type === 'string'
    ? 'text'
    : type === 'object'
      ? 'object'
      : type === 'number' || type === 'integer'
        ? 'number'
        : 'value';
}

function plural(word: string): string {
  return `${word}s`;
}

function bounds(minimum: number | undefined, maximum: number | undefined): string {
  const low = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? null : minimum;
  const high = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? null : maximum;
  if (low !== null && high !== null) return ` from ${low} to ${high}`;
  if (low !== null) return ` of at least ${low}`;
  return high === null ? '' : ` of at most ${high}`;
}
