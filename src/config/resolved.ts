/**
 * Some settings can be given in two places, or follow from another one. Which wins is decided here only, so that two
 * parts of the program never use two different models, sizes or addresses.
 */
import { failure, success } from '../domain/failure.ts';
import type { Result } from '../domain/failure.ts';
import { longestWork, type LongestWork } from '../domain/request-limits.ts';
import { nearestRunwayDuration, nearestRunwayRatio, parseRatio } from '../domain/runway-limits.ts';
import type { Secret } from '../domain/secret.ts';
import type { Environment } from './environment.ts';
import type { Config } from './schema.ts';
import type { VariableName } from './variables.ts';

/** The owner's specification names this model where the configuration names none. */
const DEFAULT_MODEL = 'gpt-4o';

export function textModel(config: Config): string {
  return config.OPENAI_SETTINGS.model ?? config.API_KEYS.openai.model ?? DEFAULT_MODEL;
}

export function visionModel(config: Config): string {
  return config.VISUAL_ANALYSIS.model ?? textModel(config);
}

/** Size of the finished picture, in pixels. */
export function outputSize(config: Config): { readonly width: number; readonly height: number } {
  const size = parseRatio(config.IMAGE_GENERATION.output_size);
  if (size === null) throw new Error('output_size passed the schema but is not a size');
  return size;
}

/** What Midjourney is asked for: the configured ratio, or the shape of the picture in lowest terms. */
export function aspectRatio(config: Config): string {
  const { width, height } = outputSize(config);
  const divisor = greatestCommonDivisor(width, height);
  return config.IMAGE_GENERATION.aspect_ratio ?? `${width / divisor}:${height / divisor}`;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** What Runway is asked for: values that the model does not make are replaced by the nearest that it does. */
export function runwayRequest(config: Config): {
  readonly model: string;
  readonly ratio: string;
  readonly duration: number;
} {
  const model = config.API_KEYS.runwayml.model_name;
  const { runway_ratio: ratio, runway_duration: duration } = config.VIDEO;
  return { model, ratio: nearestRunwayRatio(model, ratio), duration: nearestRunwayDuration(model, duration) };
}

export interface Addresses {
  /** Null means the vendor's own address. */
  readonly openai: string | null;
  readonly midjourneyCreate: string;
  readonly midjourneyStatus: string;
  readonly runway: string | null;
}

/** Addresses of the providers; those of the environment win. */
export function addresses(config: Config, environment: Environment): Addresses {
  const { midjourney, openai, runwayml } = config.API_KEYS;
  const moved = (address: string): string =>
    environment.piapiBaseUrl === null ? address : onBase(environment.piapiBaseUrl, address);
  return {
    openai: environment.openaiBaseUrl ?? openai.base_url,
    midjourneyCreate: moved(midjourney.endpoint),
    midjourneyStatus: moved(midjourney.task_endpoint),
    runway: environment.runwayBaseUrl ?? runwayml.endpoint,
  };
}

function onBase(base: string, address: string): string {
  return base.replace(/\/+$/, '') + new URL(address).pathname;
}

export interface BucketSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly forcePathStyle: boolean;
  readonly accessKey: Secret;
  readonly secretKey: Secret;
}

/** Everything needed to open the bucket. `secret_missing` names all that is not set. */
export function bucketSettings(config: Config, environment: Environment): Result<BucketSettings> {
  const { b2 } = config.API_KEYS;
  const endpoint = environment.b2Endpoint ?? b2.endpoint;
  const bucket = environment.b2BucketName ?? b2.bucket_name;
  const { b2AccessKey: accessKey, b2SecretKey: secretKey } = environment;
  if (endpoint === null || bucket === null || accessKey === null || secretKey === null) {
    const names = ['B2_ENDPOINT', 'B2_BUCKET_NAME', 'B2_ACCESS_KEY', 'B2_SECRET_KEY'];
    const missing = [endpoint, bucket, accessKey, secretKey].flatMap((value, index) =>
      value === null ? [names[index]] : [],
    );
    return failure(
      'secret_missing',
      `The bucket cannot be opened: ${missing.join(', ')} not set`,
      {},
      {
        advice:
          'Set the named environment variable where the run is scheduled; `--env-file .env` reads them from a file, and `--store folder:PATH` uses a folder instead of a bucket.',
      },
    );
  }
  const region = b2.region ?? regionOf(endpoint);
  return success({
    endpoint,
    region,
    bucket,
    prefix: b2.prefix,
    forcePathStyle: b2.force_path_style,
    accessKey,
    secretKey,
  });
}

/** The region in the host name of Backblaze (`s3.us-east-005.backblazeb2.com`) or AWS; elsewhere S3's first one, which other servers accept. */
export function regionOf(endpoint: string): string {
  const match = /^s3[.-]([a-z0-9-]+)\.(backblazeb2|amazonaws)\.com$/.exec(new URL(endpoint).hostname);
  return match?.[1] ?? 'us-east-1';
}

/** The variables that a run needs and the environment lacks; those of the bucket do not count for a folder store. */
export function missingVariables(config: Config, environment: Environment): readonly VariableName[] {
  const { b2 } = config.API_KEYS;
  const bucket: readonly Variable[] = [
    ['B2_ENDPOINT', environment.b2Endpoint ?? b2.endpoint],
    ['B2_ACCESS_KEY', environment.b2AccessKey],
    ['B2_SECRET_KEY', environment.b2SecretKey],
    ['B2_BUCKET_NAME', environment.b2BucketName ?? b2.bucket_name],
  ];
  const services: readonly Variable[] = [
    ['OPENAI_API_KEY', environment.openaiApiKey],
    ['MIDJOURNEY_API_KEY', environment.midjourneyApiKey],
    ['RUNWAY_API_KEY', environment.runwayApiKey],
  ];
  const needed = environment.store.kind === 'bucket' ? [...bucket, ...services] : services;
  return needed.filter(([, value]) => value === null).map(([name]) => name);
}

type Variable = readonly [VariableName, Secret | string | null];

/** What a run may be busy with between two looks at its lease. */
export function workOf({ OPENAI_SETTINGS: openai, WORKFLOW: run }: Config): LongestWork {
  return longestWork({
    modelSeconds: openai.request_timeout_seconds,
    pollSeconds: run.runway_polling_interval,
  });
}

/** I3, I4: how long a run owns the channel; never too short for what it may do between two looks at its lease. Seconds. */
export function leaseTimesOf(config: Config): {
  readonly termSeconds: number;
  readonly clockBoundSeconds: number;
  readonly workSeconds: number;
} {
  const { seconds: workSeconds } = workOf(config);
  const { clock_bound_seconds: clockBoundSeconds, lease_seconds: wanted } = config.WORKFLOW;
  return { termSeconds: Math.max(wanted, workSeconds + clockBoundSeconds), clockBoundSeconds, workSeconds };
}
