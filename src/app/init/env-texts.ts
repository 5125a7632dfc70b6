/** What `.env.example` says in Russian; in English the table of the variables itself says it. */
import { ENVIRONMENT_VARIABLES, type VariableName } from '../../config/variables.ts';
import type { Language } from './channel-page.ts';

/** For the sandbox and for tests; they would only confuse an owner. */
type Unusual =
  | 'REELMILL_ALLOW_LOOPBACK'
  | 'REELMILL_OPENAI_BASE_URL'
  | 'REELMILL_PIAPI_BASE_URL'
  | 'REELMILL_RUNWAY_BASE_URL';
export type OwnersVariable = Exclude<VariableName, Unusual>;

export interface EnvTexts {
  readonly head: string;
  readonly rest: string;
  readonly describe: (name: OwnersVariable) => string;
}

const RUSSIAN: Readonly<Record<OwnersVariable, string>> = {
  B2_ENDPOINT: 'Адрес S3-сервера; https:// можно опустить. Важнее, чем API_KEYS.b2.endpoint.',
  B2_ACCESS_KEY: 'Идентификатор ключа бакета (keyID).',
  B2_SECRET_KEY: 'Секретный ключ бакета (applicationKey).',
  B2_BUCKET_NAME: 'Имя бакета. Важнее, чем API_KEYS.b2.bucket_name.',
  OPENAI_API_KEY: 'Ключ для текстов и выбора картинки.',
  MIDJOURNEY_API_KEY: 'Ключ PiAPI, для картинок.',
  RUNWAY_API_KEY: 'Ключ Runway, для видео.',
  MIDJOURNEY_WEBHOOK_SECRET:
    'Не меньше 16 знаков, которые PiAPI повторяет в сообщениях для reelmill serve; смотрите API_KEYS.midjourney.webhook_url.',
  TELEGRAM_BOT_TOKEN: 'Токен бота, который шлёт оповещения в ALERTS.telegram.chat_id.',
  ALERT_WEBHOOK_URL: 'Адрес, на который оповещения отправляются в JSON.',
  ALERT_SLACK_URL: 'Входящий webhook Slack, для оповещений.',
  ALERT_DISCORD_URL: 'Webhook Discord, для оповещений.',
  SMTP_PASSWORD: 'Пароль для ALERTS.email.user, для оповещений по почте.',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'Куда отправлять трассировки (OTLP по HTTP, JSON); без него их нет.',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT:
    'То же только для трассировок, с полным путём; важнее, чем OTEL_EXPORTER_OTLP_ENDPOINT.',
  OTEL_EXPORTER_OTLP_HEADERS: 'Заголовки для коллектора, имя=значение,имя=значение; часто там ключ.',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'То же только для трассировок.',
  OTEL_SDK_DISABLED: 'true — не отправлять трассировки.',
  OTEL_TRACES_EXPORTER: 'none — не отправлять трассировки.',
  REELMILL_CONFIG: 'Путь к конфигурации; без него config.json.',
  REELMILL_STORE: 'bucket или folder:ПАПКА, чтобы хранить всё в папке на этой машине.',
  REELMILL_LOG_LEVEL: 'debug, info, warn или error; без него info.',
};

export const ENV_TEXTS: Readonly<Record<Language, EnvTexts>> = {
  en: {
    head: 'Copy this file to .env and fill it in. Never commit .env: it holds your keys.',
    rest: 'The rest is only needed where it differs from config.json.',
    describe: (name) => ENVIRONMENT_VARIABLES[name].description.replaceAll('`', ''),
  },
  ru: {
    head: 'Скопируйте этот файл в .env и впишите значения. Никогда не коммитьте .env: в нём ваши ключи.',
    rest: 'Остальное нужно только там, где оно отличается от config.json.',
    describe: (name) => RUSSIAN[name],
  },
};

/** In the order of the table. */
export function ownersVariables(): OwnersVariable[] {
  return Object.keys(ENVIRONMENT_VARIABLES).filter((name): name is OwnersVariable =>
    Object.hasOwn(RUSSIAN, name),
  );
}
