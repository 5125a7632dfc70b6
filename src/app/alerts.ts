/** Builds the alerts of a channel; imported only where somebody is to be told. */
import type { EmailOptions } from '../adapters/alerts/email.ts';
import { ALERT_SECONDS } from '../adapters/alerts/limits.ts';
import { createTelegram } from '../adapters/alerts/telegram.ts';
import { createWebhook } from '../adapters/alerts/webhook.ts';
import { createHttp } from '../adapters/http/http.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { alertTargets, type AlertTarget } from '../config/alert-targets.ts';
import { channelRedactor } from '../config/channel-redactor.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { AlertMessage } from '../domain/alerts.ts';
import type { Failure } from '../domain/failure.ts';
import { formatTimestamp } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { AlertKeeper, type Deadline } from '../runtime/alert-keeper.ts';
import { USER_AGENT } from './compose.ts';
import { channelSettings } from './settings.ts';

export interface AlertSurroundings {
  readonly config: Config;
  readonly environment: Environment;
  /** Not fenced by a lease: alerts are settled when the run is over. */
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

export async function openAlerts(
  { clock, config, environment, log, store }: AlertSurroundings,
  targets: readonly AlertTarget[],
): Promise<AlertKeeper> {
  return new AlertKeeper({
    store,
    clock,
    log,
    redact: channelRedactor(config, environment),
    notifiers: createNotifiers(config, environment, targets),
    channel: config.ALERTS.name ?? store.description,
    deadline: await deadlineOf(config, store),
  });
}

export interface AlertTest {
  readonly results: readonly { readonly to: string; readonly failed: Failure | null }[];
  /** What is set up by half. */
  readonly problems: readonly string[];
}

/** Sends one message to everybody, beside the causes of the channel. */
export async function testAlerts(config: Config, environment: Environment): Promise<AlertTest> {
  const { problems, usable } = alertTargets(config, environment);
  const at_utc = formatTimestamp(createSystemClock().now());
  const message: AlertMessage = {
    channel: config.ALERTS.name ?? 'reelmill',
    kind: 'test',
    recovered: false,
    cause: 'test',
    title: 'This is a test',
    text: 'Nothing has happened. Alerts of this channel arrive here.',
    id: null,
    at_utc,
    since_utc: at_utc,
  };
  const results = await Promise.all(
    createNotifiers(config, environment, usable).map(async (notifier) => {
      const sent = await notifier.send(message);
      return { to: notifier.name, failed: sent.ok ? null : sent.failure };
    }),
  );
  return { results, problems };
}

function createNotifiers(
  config: Config,
  environment: Environment,
  targets: readonly AlertTarget[],
): Notifier[] {
  const redact = channelRedactor(config, environment);
  // These addresses come from the owner and not from an answer, so that one on this machine is no danger.
  const http = createHttp({ allowLoopback: true, userAgent: USER_AGENT, redact });
  const webhooks = {
    webhook: environment.alertWebhookUrl,
    slack: environment.alertSlackUrl,
    discord: environment.alertDiscordUrl,
  };
  return targets.map((target) => {
    if (target === 'email') return lazyEmail(emailOptions(config, environment, redact));
    if (target === 'telegram') {
      const { api_url: apiUrl, chat_id: chatId } = config.ALERTS.telegram;
      const token = environment.telegramBotToken;
      if (chatId === null || token === null) throw new Error('Telegram is not set up');
      return createTelegram({ http, apiUrl, chatId, token });
    }
    const url = webhooks[target];
    if (url === null) throw new Error(`${target} is not set up`);
    return createWebhook({ http, format: target, url });
  });
}

/** The mail library is loaded with the first message. */
function lazyEmail(options: EmailOptions): Notifier {
  return {
    name: 'email',
    async send(message) {
      const { createEmail } = await import('../adapters/alerts/email.ts');
      return createEmail(options).send(message);
    },
  };
}

function emailOptions(
  { ALERTS: { email } }: Config,
  { smtpPassword: password }: Environment,
  redact: (text: string) => string,
): EmailOptions {
  const { from, host, port, to, user } = email;
  const sender = from ?? user;
  if (host === null || sender === null) throw new Error('E-mail is not set up');
  const login = user === null || password === null ? null : { user, password };
  return { host, port, from: sender, to, login, redact, seconds: ALERT_SECONDS };
}

async function deadlineOf(config: Config, store: ObjectStore): Promise<Deadline | null> {
  const { ready_by: time, timezone } = config.SCHEDULE;
  if (time === null) return null;
  const [{ DailyTime }, { readinessAt }] = await Promise.all([
    import('../runtime/timetable.ts'),
    import('../runtime/readiness.ts'),
  ]);
  const daily = new DailyTime(time, timezone);
  const { folders } = channelSettings(config);
  return { text: `${time} ${timezone}`, ask: (now) => readinessAt(store, folders, daily.last(now), now) };
}
