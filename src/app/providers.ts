/**
 * The providers, built when they are first asked: their libraries take a good part of a second to load, which a run with
 * nothing to do should not pay. A key that is missing fails the call that needs it, and nothing else.
 */
import type { Http } from '../adapters/http/http.ts';
import { secretsOfAddresses } from '../config/channel-redactor.ts';
import { createRedactor } from '../config/redaction.ts';
import type { Addresses } from '../config/resolved.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { failure, type Result } from '../domain/failure.ts';
import { PROVIDER_SECONDS } from '../domain/request-limits.ts';
import { RUNWAY_PICTURE_BYTES, RUNWAY_PROMPT_LIMIT } from '../domain/runway-limits.ts';
import type { Secret } from '../domain/secret.ts';
import type { ImageJudge } from '../ports/image-judge.ts';
import type { ImageTasks } from '../ports/image-task.ts';
import type { Renderer } from '../ports/renderer.ts';
import type { TextModel } from '../ports/text-model.ts';
import type { VideoTasks } from '../ports/video-task.ts';
import type { StepContext } from '../steps/context.ts';

export interface ProviderParts {
  readonly config: Config;
  readonly environment: Environment;
  readonly http: Http;
  readonly redact: (text: string) => string;
  readonly addresses: Addresses;
  readonly models: { readonly text: string; readonly vision: string; readonly video: string };
}

type Providers = Pick<StepContext, 'textModel' | 'imageJudge' | 'imageTasks' | 'videoTasks' | 'renderer'>;

export function lazyProviders(parts: ProviderParts): Providers {
  return {
    textModel: lazyTextModel(parts),
    imageJudge: lazyJudge(parts),
    imageTasks: lazyImages(parts),
    videoTasks: lazyVideos(parts),
    renderer: lazyRenderer(),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function withKey<T>(
  key: Secret | null,
  variable: string,
  provider: string,
  use: (key: Secret) => Promise<Result<T>>,
): Promise<Result<T>> {
  if (key === null) return Promise.resolve(failure('secret_missing', `${variable} is not set`, { provider }));
  return use(key);
}

function openaiOptions({ config, addresses, redact }: ProviderParts, key: Secret, model: string) {
  const baseURL = addresses.openai;
  return {
    apiKey: key.reveal(),
    model,
    timeoutSeconds: config.OPENAI_SETTINGS.request_timeout_seconds,
    redact,
    ...(baseURL === null ? {} : { baseURL }),
  };
}

function lazyTextModel(parts: ProviderParts): TextModel {
  const key = parts.environment.openaiApiKey;
  const load = once(async () => {
    const { createTextModel } = await import('../adapters/openai/text-model.ts');
    if (key === null) throw new Error('asked for before its key was checked');
    return createTextModel(openaiOptions(parts, key, parts.models.text));
  });
  return {
    provider: 'openai',
    model: parts.models.text,
    write: (request) => withKey(key, 'OPENAI_API_KEY', 'openai', async () => (await load()).write(request)),
    fill: (request, schema) =>
      withKey(key, 'OPENAI_API_KEY', 'openai', async () => (await load()).fill(request, schema)),
  };
}

function lazyJudge(parts: ProviderParts): ImageJudge {
  const key = parts.environment.openaiApiKey;
  return {
    provider: 'openai',
    model: parts.models.vision,
    judge: (request) =>
      withKey(key, 'OPENAI_API_KEY', 'openai', async (secret) => {
        const { createImageJudge } = await import('../adapters/openai/image-judge.ts');
        return createImageJudge(openaiOptions(parts, secret, parts.models.vision)).judge(request);
      }),
  };
}

function lazyImages({ config, environment, http, addresses }: ProviderParts): ImageTasks {
  const key = environment.midjourneyApiKey;
  const { IMAGE_GENERATION: image, API_KEYS: apis } = config;
  const endpoint = apis.midjourney.webhook_url;
  const secret = environment.midjourneyWebhookSecret;
  const load = once(async () => {
    const { createPiapiTasks } = await import('../adapters/piapi/piapi-tasks.ts');
    if (key === null) throw new Error('asked for before its key was checked');
    return createPiapiTasks({
      apiKey: key.reveal(),
      endpoint: addresses.midjourneyCreate,
      fetchEndpoint: addresses.midjourneyStatus,
      statusApi: apis.midjourney.status_api,
      http,
      conceal: createRedactor([key, ...(secret ? [secret] : []), ...secretsOfAddresses(config)]),
      processMode: image.process_mode,
      skipPromptCheck: image.skip_prompt_check,
      ...(endpoint === null || secret === null ? {} : { webhook: { endpoint, secret: secret.reveal() } }),
    });
  });
  return {
    provider: 'piapi',
    model: `midjourney ${image.process_mode}`,
    submit: (request) =>
      withKey(key, 'MIDJOURNEY_API_KEY', 'piapi', async () => (await load()).submit(request)),
    status: (taskId) =>
      withKey(key, 'MIDJOURNEY_API_KEY', 'piapi', async () => (await load()).status(taskId)),
  };
}

function lazyVideos(parts: ProviderParts): VideoTasks {
  const key = parts.environment.runwayApiKey;
  const baseURL = parts.addresses.runway;
  const load = once(async () => {
    const { createRunwayTasks } = await import('../adapters/runway/runway-tasks.ts');
    if (key === null) throw new Error('asked for before its key was checked');
    return createRunwayTasks({
      apiKey: key.reveal(),
      model: parts.models.video,
      timeoutSeconds: PROVIDER_SECONDS,
      redact: parts.redact,
      ...(baseURL === null ? {} : { baseURL }),
    });
  });
  return {
    provider: 'runway',
    model: parts.models.video,
    maxPictureBytes: RUNWAY_PICTURE_BYTES,
    maxPromptLength: RUNWAY_PROMPT_LIMIT,
    start: (request) => withKey(key, 'RUNWAY_API_KEY', 'runway', async () => (await load()).start(request)),
    status: (taskId) => withKey(key, 'RUNWAY_API_KEY', 'runway', async () => (await load()).status(taskId)),
  };
}

function lazyRenderer(): Renderer {
  const load = once(async () => {
    const { createRenderer } = await import('../adapters/render/renderer.ts');
    return createRenderer();
  });
  return {
    fitPicture: async (...call) => (await load()).fitPicture(...call),
    splitGrid: async (...call) => (await load()).splitGrid(...call),
    shrinkPicture: async (...call) => (await load()).shrinkPicture(...call),
    drawPlaceholder: async (...call) => (await load()).drawPlaceholder(...call),
    renderMockVideo: async (...call) => (await load()).renderMockVideo(...call),
    measureVideo: async (...call) => (await load()).measureVideo(...call),
  };
}
