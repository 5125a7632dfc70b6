/**
 * Where the outside services are and how to talk to them. Despite its old name, API_KEYS never holds a key: a secret in
 * this file would end in every backup of it. Keys come from the environment.
 */
import { z } from 'zod';
import { field, flag, line, prompt, section, temperature, tokens, usd, webAddress } from '../fields.ts';

const store = section('The bucket. Its keys come from B2_ACCESS_KEY and B2_SECRET_KEY.', {
  endpoint: field(webAddress.nullable(), null, 'Address of the S3 server; B2_ENDPOINT wins over it.'),
  bucket_name: field(line.nullable(), null, 'Name of the bucket; B2_BUCKET_NAME wins over it.'),
  region: field(line.nullable(), null, 'Region to sign for; null takes it from a Backblaze or AWS endpoint.'),
  prefix: field(
    z
      .string()
      .max(200)
      .regex(/^$|^[^/\\].*\/$/, 'is neither empty nor a prefix such as `channel-a/`'),
    '',
    'Put before every object key, so that several channels can share one bucket. Empty or ending with `/`.',
  ),
  force_path_style: field(
    flag,
    true,
    'Put the bucket into the path instead of the host name; B2, R2, MinIO and AWS all take it.',
  ),
});

const midjourney = section('Pictures: Midjourney through PiAPI. The key comes from MIDJOURNEY_API_KEY.', {
  endpoint: field(webAddress, 'https://api.piapi.ai/api/v1/task', 'Where picture tasks are created.'),
  task_endpoint: field(
    webAddress,
    'https://api.piapi.ai/mj/v2/fetch',
    'Where their status is asked when status_api is `fetch`.',
  ),
  status_api: field(
    z.enum(['fetch', 'task']),
    'fetch',
    '`fetch`: POST to task_endpoint. `task`: the newer GET of endpoint/{task id}.',
  ),
  webhook_url: field(
    webAddress.nullable(),
    null,
    'Where PiAPI reports a finished picture: the public address of `reelmill serve`, ending in /webhooks/piapi. Needs MIDJOURNEY_WEBHOOK_SECRET; null asks for no report.',
  ),
});

const openai = section('Texts and the choice of a picture. The key comes from OPENAI_API_KEY.', {
  model: field(line.nullable(), null, 'Model when OPENAI_SETTINGS.model is null.'),
  base_url: field(
    webAddress.nullable(),
    null,
    'Address of an OpenAI-compatible server; null means OpenAI itself.',
  ),
});

const runwayml = section('Videos: Runway. The key comes from RUNWAY_API_KEY.', {
  endpoint: field(webAddress.nullable(), null, 'Base address of the API; null means Runway’s own.'),
  model_name: field(line, 'gen4_turbo', 'Image-to-video model.'),
});

export const connections = section(
  'Addresses and models of the outside services. No keys: those come from the environment.',
  {
    b2: store,
    midjourney,
    openai,
    runwayml,
  },
);

export const openaiSettings = section('How texts are written.', {
  model: field(line.nullable(), null, 'Model of all texts; null means API_KEYS.openai.model, else `gpt-4o`.'),
  max_tokens_text: field(tokens, 750, 'Most that one topic or text may take.', 'tokens'),
  temperature: field(temperature, 0.7, 'How freely topics are invented; 0 repeats itself, 2 rambles.'),
  max_tokens_script: field(
    tokens,
    1000,
    'Most that the video script and first frame may take together.',
    'tokens',
  ),
  temperature_script: field(temperature, 0.7, 'How freely the script is written.'),
  request_timeout_seconds: field(z.int().min(5).max(900), 120, 'Longest wait for one answer.', 'seconds'),
});

export const prompts = (userPromptCombined: string) =>
  section('Prompts that belong to no single part of the post.', {
    user_prompt_combined: field(
      prompt,
      userPromptCombined,
      'Asks for script and first frame in one JSON answer. Placeholders: {topic}, {creative_prompt}, {restriction}.',
    ),
    second_request_prompt: z.unknown().optional().meta({
      description: 'A second pass over the script, made by the old scripts. Not read.',
      deprecated: true,
    }),
  });

export const budget = section(
  'Ceilings on spending; null means none. A run stops before a paid call that would pass one.',
  {
    per_post_usd: field(usd.nullable(), null, 'Most for one post, over all its runs.', 'USD'),
    per_day_usd: field(usd.nullable(), null, 'Most in one UTC day.', 'USD'),
    per_month_usd: field(usd.nullable(), null, 'Most in one UTC month.', 'USD'),
  },
);

export const prices = section('Your own prices, where the built-in estimates are not yours.', {
  openai: field(
    z.record(z.string().max(100), z.looseObject({ input_per_million_usd: usd, output_per_million_usd: usd })),
    {},
    'By model: `{"input_per_million_usd": …, "output_per_million_usd": …}`, for a million tokens in and out.',
    'USD',
  ),
  midjourney: section('One picture task, by process mode. Without a price, the built-in estimate counts.', {
    relax_usd: usd.optional().meta({ description: 'One task in `relax` mode.', unit: 'USD' }),
    fast_usd: usd.optional().meta({ description: 'One task in `fast` mode.', unit: 'USD' }),
    turbo_usd: usd.optional().meta({ description: 'One task in `turbo` mode.', unit: 'USD' }),
  }),
  runway: field(
    z.record(z.string().max(100), z.looseObject({ per_second_usd: usd })),
    {},
    'By model: `{"per_second_usd": …}`, for one second of video.',
    'USD',
  ),
});
