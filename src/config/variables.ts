/**
 * One table says for each variable of the environment what it is, whether it is secret and who needs it, so that the help,
 * the docs, `doctor` and the filter of secrets cannot disagree.
 */

/** The commands that reach outside services. */
type ServiceCommand = 'run' | 'generate-content' | 'generate-media' | 'check-image';

interface VariableKind {
  readonly secret: boolean;
  readonly description: string;
  /** Commands that cannot work without it (the bucket’s only when the store is a bucket). */
  readonly neededBy: readonly ServiceCommand[];
}

const EVERY: readonly ServiceCommand[] = ['run', 'generate-content', 'generate-media', 'check-image'];

export const ENVIRONMENT_VARIABLES = {
  B2_ENDPOINT: {
    secret: false,
    neededBy: EVERY,
    description: 'Address of the S3 server; `https://` may be left out. Wins over API_KEYS.b2.endpoint.',
  },
  B2_ACCESS_KEY: { secret: true, neededBy: EVERY, description: 'Key id of the bucket.' },
  B2_SECRET_KEY: { secret: true, neededBy: EVERY, description: 'Application key of the bucket.' },
  B2_BUCKET_NAME: {
    secret: false,
    neededBy: EVERY,
    description: 'Name of the bucket. Wins over API_KEYS.b2.bucket_name.',
  },
  OPENAI_API_KEY: {
    secret: true,
    neededBy: ['run', 'generate-content', 'generate-media'],
    description: 'Key for texts and the choice of a picture.',
  },
  MIDJOURNEY_API_KEY: {
    secret: true,
    neededBy: ['run', 'generate-media', 'check-image'],
    description: 'PiAPI key, for pictures.',
  },
  RUNWAY_API_KEY: {
    secret: true,
    neededBy: ['run', 'generate-media'],
    description: 'Runway key, for videos.',
  },
  MIDJOURNEY_WEBHOOK_SECRET: {
    secret: true,
    neededBy: [],
    description:
      'At least 16 characters that PiAPI repeats in its reports to `reelmill serve`; see API_KEYS.midjourney.webhook_url.',
  },
  TELEGRAM_BOT_TOKEN: {
    secret: true,
    neededBy: [],
    description: 'Token of the bot that sends alerts to ALERTS.telegram.chat_id.',
  },
  ALERT_WEBHOOK_URL: {
    secret: true,
    neededBy: [],
    description: 'Address to which alerts are posted as JSON.',
  },
  ALERT_SLACK_URL: { secret: true, neededBy: [], description: 'Incoming webhook of Slack, for alerts.' },
  ALERT_DISCORD_URL: { secret: true, neededBy: [], description: 'Webhook of Discord, for alerts.' },
  SMTP_PASSWORD: {
    secret: true,
    neededBy: [],
    description: 'Password of ALERTS.email.user, for alerts by e-mail.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    secret: false,
    neededBy: [],
    description: 'Where traces are sent (OTLP over HTTP, JSON); without it there are none.',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    secret: false,
    neededBy: [],
    description: 'The same for traces only, with the whole path; wins over OTEL_EXPORTER_OTLP_ENDPOINT.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    secret: true,
    neededBy: [],
    description: 'Headers for the collector, `name=value,name=value`; often a key.',
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: {
    secret: true,
    neededBy: [],
    description: 'The same for traces only.',
  },
  OTEL_SDK_DISABLED: { secret: false, neededBy: [], description: '`true` sends no traces.' },
  OTEL_TRACES_EXPORTER: { secret: false, neededBy: [], description: '`none` sends no traces.' },
  REELMILL_CONFIG: {
    secret: false,
    neededBy: [],
    description: 'Path of the configuration; without it, `config.json`.',
  },
  REELMILL_STORE: {
    secret: false,
    neededBy: [],
    description: '`bucket`, or `folder:PATH` to keep everything in a local folder.',
  },
  REELMILL_LOG_LEVEL: {
    secret: false,
    neededBy: [],
    description: '`debug`, `info`, `warn` or `error`; without it, `info`.',
  },
  REELMILL_ALLOW_LOOPBACK: {
    secret: false,
    neededBy: [],
    description: '`1` lets downloads come from this machine, for the sandbox.',
  },
  REELMILL_OPENAI_BASE_URL: {
    secret: false,
    neededBy: [],
    description: 'Address used instead of API_KEYS.openai.base_url.',
  },
  REELMILL_PIAPI_BASE_URL: {
    secret: false,
    neededBy: [],
    description: 'Address used instead of the origin of both PiAPI endpoints.',
  },
  REELMILL_RUNWAY_BASE_URL: {
    secret: false,
    neededBy: [],
    description: 'Address used instead of API_KEYS.runwayml.endpoint.',
  },
} as const satisfies Record<string, VariableKind>;

export type VariableName = keyof typeof ENVIRONMENT_VARIABLES;
