/** Secrets and switches come from the environment, read here once and nowhere else. */
import { z } from 'zod';
import { failure, success } from '../domain/failure.ts';
import type { Result } from '../domain/failure.ts';
import { Secret } from '../domain/secret.ts';
import { isAcceptableAddress } from './fields.ts';
import { credentialsIn, partsOfAddress, partsOfHeaders } from './secrets.ts';
import { ENVIRONMENT_VARIABLES, type VariableName } from './variables.ts';

export type StoreChoice = { readonly kind: 'bucket' } | { readonly kind: 'folder'; readonly path: string };
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the environment says; null where it says nothing. */
export interface Environment {
  readonly b2Endpoint: string | null;
  readonly b2AccessKey: Secret | null;
  readonly b2SecretKey: Secret | null;
  readonly b2BucketName: string | null;
  readonly openaiApiKey: Secret | null;
  readonly midjourneyApiKey: Secret | null;
  readonly runwayApiKey: Secret | null;
  readonly midjourneyWebhookSecret: Secret | null;
  readonly telegramBotToken: Secret | null;
  readonly alertWebhookUrl: Secret | null;
  readonly alertSlackUrl: Secret | null;
  readonly alertDiscordUrl: Secret | null;
  readonly smtpPassword: Secret | null;
  /** Where traces go; null: there are none. */
  readonly otlpTracesUrl: string | null;
  readonly otlpHeaders: Secret | null;
  readonly otlpTracesHeaders: Secret | null;
  /** Null means `config.json` in the working folder. */
  readonly configPath: string | null;
  readonly store: StoreChoice;
  readonly logLevel: LogLevel;
  readonly allowLoopback: boolean;
  readonly openaiBaseUrl: string | null;
  readonly piapiBaseUrl: string | null;
  readonly runwayBaseUrl: string | null;
}

const LONGEST_VALUE = 4096;
/** A shorter one could be guessed by whoever can reach the port. */
const SHORTEST_WEBHOOK_SECRET = 16;
// oxlint-disable-next-line no-control-regex -- a pasted line break inside a key makes a header that no server takes.
const INNER_CONTROL = /[\u0000-\u001f\u007f]/;

const text = z.string().nullable();
const secret = text.transform((value) => (value === null ? null : new Secret(value)));
const address = text.refine(
  (value) => value === null || isAcceptableAddress(value),
  'must be an https address; plain http is only for this machine',
);
/** Whoever knows the address of a webhook may post to it. */
const secretAddress = address.transform((value) => (value === null ? null : new Secret(value)));
/** A collector usually stands in the same private network, where plain http is the rule. */
const collector = text.refine(
  (value) => value === null || /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
  'must be an http or https address',
);
const bareAddress = z.preprocess(
  (value) => (typeof value === 'string' && !value.includes('://') ? `https://${value}` : value),
  address,
);

const environmentSchema = z.object({
  B2_ENDPOINT: bareAddress,
  B2_ACCESS_KEY: secret,
  B2_SECRET_KEY: secret,
  B2_BUCKET_NAME: text,
  OPENAI_API_KEY: secret,
  MIDJOURNEY_API_KEY: secret,
  RUNWAY_API_KEY: secret,
  MIDJOURNEY_WEBHOOK_SECRET: text
    .refine(
      (value) => value === null || value.length >= SHORTEST_WEBHOOK_SECRET,
      `must have at least ${SHORTEST_WEBHOOK_SECRET} characters`,
    )
    .pipe(secret),
  TELEGRAM_BOT_TOKEN: text
    .refine((value) => value === null || /^\d+:[\w-]+$/.test(value), 'must look like `123456:ABC-DEF`')
    .pipe(secret),
  ALERT_WEBHOOK_URL: secretAddress,
  ALERT_SLACK_URL: secretAddress,
  ALERT_DISCORD_URL: secretAddress,
  SMTP_PASSWORD: secret,
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_HEADERS: secret,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: secret,
  OTEL_SDK_DISABLED: text,
  OTEL_TRACES_EXPORTER: text,
  REELMILL_CONFIG: text,
  REELMILL_STORE: text
    .refine(
      (value) => value === null || value === 'bucket' || /^folder:./.test(value),
      'must be `bucket` or `folder:PATH`',
    )
    .transform((value): StoreChoice => {
      const path = value?.startsWith('folder:') === true ? value.slice('folder:'.length) : null;
      return path === null ? { kind: 'bucket' } : { kind: 'folder', path };
    }),
  REELMILL_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], 'must be `debug`, `info`, `warn` or `error`')
    .nullable()
    .transform((level) => level ?? 'info'),
  REELMILL_ALLOW_LOOPBACK: z
    .enum(['1', 'true', '0', 'false'], 'must be `1` or `0`')
    .nullable()
    .transform((value) => value === '1' || value === 'true'),
  REELMILL_OPENAI_BASE_URL: address,
  REELMILL_PIAPI_BASE_URL: address,
  REELMILL_RUNWAY_BASE_URL: address,
} satisfies Record<VariableName, z.ZodType>);

/**
 * Reads the variables of the table. Values are trimmed and an empty one counts as absent. `config_invalid` names every
 * variable whose value cannot be right, and never shows the value.
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): Result<Environment> {
  const problems: string[] = [];
  const values: Record<string, string | null> = {};
  for (const name of Object.keys(ENVIRONMENT_VARIABLES)) {
    const value = variables[name]?.trim() ?? '';
    if (INNER_CONTROL.test(value))
      problems.push(`${name} holds a line break or control character; paste it again`);
    else if (value.length > LONGEST_VALUE)
      problems.push(`${name} is longer than ${LONGEST_VALUE} characters`);
    values[name] = value === '' ? null : value;
  }
  const parsed = environmentSchema.safeParse(values);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  if (problems.length > 0 || !parsed.success)
    return failure('config_invalid', `Environment: ${problems.join('; ')}`);
  const { data } = parsed;
  return success({
    b2Endpoint: data.B2_ENDPOINT,
    b2AccessKey: data.B2_ACCESS_KEY,
    b2SecretKey: data.B2_SECRET_KEY,
    b2BucketName: data.B2_BUCKET_NAME,
    openaiApiKey: data.OPENAI_API_KEY,
    midjourneyApiKey: data.MIDJOURNEY_API_KEY,
    runwayApiKey: data.RUNWAY_API_KEY,
    midjourneyWebhookSecret: data.MIDJOURNEY_WEBHOOK_SECRET,
    telegramBotToken: data.TELEGRAM_BOT_TOKEN,
    alertWebhookUrl: data.ALERT_WEBHOOK_URL,
    alertSlackUrl: data.ALERT_SLACK_URL,
    alertDiscordUrl: data.ALERT_DISCORD_URL,
    smtpPassword: data.SMTP_PASSWORD,
    otlpTracesUrl: tracesUrl(data),
    otlpHeaders: data.OTEL_EXPORTER_OTLP_HEADERS,
    otlpTracesHeaders: data.OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    configPath: data.REELMILL_CONFIG,
    store: data.REELMILL_STORE,
    logLevel: data.REELMILL_LOG_LEVEL,
    allowLoopback: data.REELMILL_ALLOW_LOOPBACK,
    openaiBaseUrl: data.REELMILL_OPENAI_BASE_URL,
    piapiBaseUrl: data.REELMILL_PIAPI_BASE_URL,
    runwayBaseUrl: data.REELMILL_RUNWAY_BASE_URL,
  });
}

/** As the OpenTelemetry specification has it: the general address is a base, that for traces is the whole. */
function tracesUrl(variables: {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string | null;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: string | null;
  readonly OTEL_SDK_DISABLED: string | null;
  readonly OTEL_TRACES_EXPORTER: string | null;
}): string | null {
  if (variables.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || variables.OTEL_TRACES_EXPORTER === 'none')
    return null;
  const base = variables.OTEL_EXPORTER_OTLP_ENDPOINT;
  const built = base === null ? null : `${base.replace(/\/+$/, '')}/v1/traces`;
  return variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? built;
}

/** Every secret that the environment holds, for the redactor; of an address or a list of headers, also its telling parts alone. */
export function secretsOf(environment: Environment): readonly Secret[] {
  const { alertDiscordUrl, alertSlackUrl, alertWebhookUrl, otlpHeaders, otlpTracesHeaders } = environment;
  const parts = [
    ...[alertDiscordUrl, alertSlackUrl, alertWebhookUrl].flatMap((secret) =>
      partsOfAddress(secret?.reveal() ?? ''),
    ),
    ...credentialsIn(environment.otlpTracesUrl ?? ''),
    ...[otlpHeaders, otlpTracesHeaders].flatMap((secret) => partsOfHeaders(secret?.reveal() ?? '')),
  ];
  const whole = Object.values(environment).filter((value): value is Secret => value instanceof Secret);
  return [...whole, ...parts.filter((part) => part !== '').map((part) => new Secret(part))];
}
