/** The two forms in which OpenAI is asked for a text, read into one. */
import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

export type AnswerFormat =
  | { readonly type: 'text' | 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly strict: boolean;
      readonly schema: JsonSchema;
    };

export interface TextRequest {
  readonly model: string;
  /** All texts of all messages, one paragraph each. */
  readonly prompt: string;
  /** How many pictures came along. */
  readonly pictures: number;
  readonly maxTokens: number;
  readonly format: AnswerFormat;
}

const DEFAULT_MAX_TOKENS = 4_096;
const longText = z.string().max(500_000);
const model = z.string().min(1).max(200);
const maxTokens = z.int().min(1).max(1_000_000).nullish();
const jsonSchema = z.record(z.string(), z.unknown());
const pictureUri = z
  .string()
  .regex(
    /^(?:https?:\/\/|data:image\/(?:png|jpe?g|webp|gif);base64,[A-Za-z0-9+/])/,
    'is no address or data URI of a picture',
  );
const otherFormat = z.looseObject({ type: z.enum(['text', 'json_object']) });
const noStream = z.literal(false, 'the sandbox does not stream').nullish();

export const chatRequestSchema = z.looseObject({
  model,
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['system', 'developer', 'user', 'assistant']),
        content: z.union([
          longText,
          z.array(
            z.discriminatedUnion('type', [
              z.looseObject({ type: z.literal('text'), text: longText }),
              z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: pictureUri }) }),
            ]),
          ),
        ]),
      }),
    )
    .min(1)
    .max(200),
  response_format: z
    .union([
      otherFormat,
      z.looseObject({
        type: z.literal('json_schema'),
        json_schema: z.looseObject({ name: z.string(), strict: z.boolean().nullish(), schema: jsonSchema }),
      }),
    ])
    .optional(),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  stream: noStream,
});

export function readChat(request: z.output<typeof chatRequestSchema>): TextRequest {
  const parts = request.messages.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content,
  );
  const format = request.response_format ?? { type: 'text' as const };
  return {
    model: request.model,
    prompt: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n'),
    pictures: parts.filter(({ type }) => type === 'image_url').length,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? DEFAULT_MAX_TOKENS,
    format: format.type === 'json_schema' ? readFormat(format.json_schema) : { type: format.type },
  };
}

export const responsesRequestSchema = z.looseObject({
  model,
  input: z.union([
    longText,
    z
      .array(
        z.looseObject({
          role: z.enum(['system', 'developer', 'user', 'assistant']),
          content: z.union([
            longText,
            z.array(
              z.discriminatedUnion('type', [
                z.looseObject({ type: z.enum(['input_text', 'output_text']), text: longText }),
                z.looseObject({ type: z.literal('input_image'), image_url: pictureUri }),
              ]),
            ),
          ]),
        }),
      )
      .min(1)
      .max(200),
  ]),
  instructions: longText.nullish(),
  text: z
    .looseObject({
      format: z
        .union([
          otherFormat,
          z.looseObject({
            type: z.literal('json_schema'),
            name: z.string(),
            strict: z.boolean().nullish(),
            schema: jsonSchema,
          }),
        ])
        .optional(),
    })
    .nullish(),
  max_output_tokens: maxTokens,
  stream: noStream,
});

export function readResponses(request: z.output<typeof responsesRequestSchema>): TextRequest {
  const items = typeof request.input === 'string' ? [{ content: request.input }] : request.input;
  const parts = items.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'input_text' as const, text: content }] : content,
  );
  const format = request.text?.format ?? { type: 'text' as const };
  const texts = parts.flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []));
  return {
    model: request.model,
    prompt: [...(request.instructions ? [request.instructions] : []), ...texts].join('\n\n'),
    pictures: parts.filter(({ type }) => type === 'input_image').length,
    maxTokens: request.max_output_tokens ?? DEFAULT_MAX_TOKENS,
    format: format.type === 'json_schema' ? readFormat(format) : { type: format.type },
  };
}

function readFormat(given: {
  name: string;
  strict?: boolean | null | undefined;
  schema: JsonSchema;
}): AnswerFormat {
  return { type: 'json_schema', name: given.name, strict: given.strict === true, schema: given.schema };
}
