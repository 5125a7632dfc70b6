/** OpenAI's strict mode takes only a part of JSON Schema; the two rules that requests break most are checked as it checks them. */
import type { JsonSchema } from './openai-requests.ts';

const DEEPEST = 10;

/** Why strict mode would refuse the schema, or null. */
export function strictSchemaProblem(schema: JsonSchema): string | null {
  if (schema['type'] !== 'object') return 'schema must be a JSON Schema of \'type: "object"\'';
  return problemIn(schema, [], 0);
}

function problemIn(schema: JsonSchema, path: readonly string[], depth: number): string | null {
  const place = `In context=(${path.map((part) => `'${part}'`).join(', ')}), `;
  if (depth > DEEPEST) return `${place}the schema is nested too deeply`;
  const properties = recordOf(schema['properties']);
  if (schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false)
      return `${place}'additionalProperties' is required to be supplied and to be false`;
    const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
    const missing = Object.keys(properties).find((name) => !required.includes(name));
    if (missing !== undefined)
      return `${place}'required' is required to be an array including every key in properties. Missing '${missing}'`;
  }
  const parts: [string, unknown][] = [
    ...Object.entries(properties),
    ...Object.entries(recordOf(schema['$defs'])),
    ['items', schema['items']],
    ...(Array.isArray(schema['anyOf'])
      ? schema['anyOf'].map((part, index): [string, unknown] => [`anyOf ${index}`, part])
      : []),
  ];
  for (const [name, part] of parts) {
    const problem =
      typeof part === 'object' && part !== null
        ? problemIn(recordOf(part), [...path, name], depth + 1)
        : null;
    if (problem !== null) return problem;
  }
  return null;
}

function recordOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
