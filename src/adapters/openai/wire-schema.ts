/**
 * OpenAI's strict mode refuses a request whose schema holds keywords it does not know, or keys that are not required. The
 * schema that is sent leaves such limits out; the answer is always checked against the full one on our side (D13).
 */
import { z } from 'zod';

export interface WireSchema {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether the schema has the form that strict mode takes. */
  readonly strict: boolean;
}

/** Keywords outside the supported subset (OpenAI's guide to structured outputs, section on supported schemas). */
const UNSUPPORTED = ['minLength', 'maxLength', 'default', 'format', 'pattern', '$schema', 'propertyNames'];

/** JSON Schema of what the model is to answer, before any transform of ours. */
export function wireSchema(schema: z.ZodType): WireSchema {
  let strict = true;
  const converted = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      for (const keyword of UNSUPPORTED) Reflect.deleteProperty(jsonSchema, keyword);
      if (jsonSchema.type !== 'object') return;
      const names = Object.keys(jsonSchema.properties ?? {});
      if (
        typeof jsonSchema.additionalProperties === 'object' ||
        names.length !== (jsonSchema.required ?? []).length
      )
        strict = false;
      else jsonSchema.additionalProperties = false;
    },
  });
  return { schema: { ...converted, $schema: undefined }, strict };
}
