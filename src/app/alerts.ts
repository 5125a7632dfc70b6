/** Builds the alerts of a channel. With nobody to tell, nothing is loaded and no request is made. */
import type { EmailOptions } from '../adapters/alerts/email.ts';
import { alertTargets, type AlertTarget } from '../config/alert-targets.ts';
import { secretsOf, type Environment } from '../config/environment.ts';
import { createRedactor } from '../config/redaction.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { AlertKeeper, Deadline } from '../runtime/alert-keeper.ts';
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

/** `null` when nobody is to be told. */
export async function openAlerts(surroundings: AlertSurroundings): Promise<AlertKeeper | null> {
  const { clock, config, environment, log, store } = surroundings;
  const { problems, usable } = alertTargets(config, environment);
  for (const problem of problems) log.warn(problem);
  if (usable.length === 0) return null;
  const { AlertKeeper } = await import('../runtime/alert-keeper.ts');
  return new AlertKeeper({
    store,
    clock,
    log,
    redact: createRedactor(secretsOf(environment)),
    notifiers: await createNotifiers(config, environment, usable),
    channel: config.ALERTS.name ?? store.description,
    deadline: await deadlineOf(config, store),
  });
}

export async function createNotifiers(
  config: Config,
  environment: Environment,
  targets: readonly AlertTarget[],
): Promise<Notifier[]> {
  const { createHttp } = await import('../adapters/http/http.ts');
  const redact = createRedactor(secretsOf(environment));
  // These addresses come from the owner and not from an answer, so that one on this machine is no danger.
  const http = createHttp({ allowLoopback: true, userAgent: USER_AGENT, redact });
  const webhooks = {
    webhook: environment.alertWebhookUrl,
    slack: environment.alertSlackUrl,
    discord: environment.alertDiscordUrl,
  };
  return Promise.all(
    targets.map(async (target): Promise<Notifier> => {
      if (target === 'email') return lazyEmail(emailOptions(config, environment, redact));
      if (target === 'telegram') {
        const { createTelegram } = await import('../adapters/alerts/telegram.ts');
        const { api_url: apiUrl, chat_id: chatId } = config.ALERTS.telegram;
        const token = environment.telegramBotToken;
        if (chatId === null || token === null) throw new Error('Telegram is not set up');
        return createTelegram({ http, apiUrl, chatId, token });
      }
      const { createWebhook } = await import('../adapters/alerts/webhook.ts');
      const url = webhooks[target];
      if (url === null) throw new Error(`${target} is not set up`);
      return createWebhook({ http, format: target, url });
    }),
  );
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
  return { host, port, from: sender, to, login, redact };
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
  return { text: `${time} ${timezone}`, ask: (now) => readinessAt(store, folders, daily.last(now)) };
}
