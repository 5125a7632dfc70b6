/** Who is told, by configuration and environment together. Half of a setting tells nobody, so that the missing half is named. */
import type { Environment } from './environment.ts';
import type { Config } from './schema.ts';

export const ALERT_TARGETS = ['telegram', 'webhook', 'slack', 'discord', 'email'] as const;
export type AlertTarget = (typeof ALERT_TARGETS)[number];

export interface AlertTargets {
  readonly usable: readonly AlertTarget[];
  /** A sentence for each target that is set up by half. */
  readonly problems: readonly string[];
}

export function alertTargets({ ALERTS: alerts }: Config, environment: Environment): AlertTargets {
  const problems: string[] = [];
  const usable: AlertTarget[] = [];
  const { chat_id: chat } = alerts.telegram;
  const token = environment.telegramBotToken;
  if (chat !== null && token !== null) usable.push('telegram');
  else if (chat !== null) problems.push('ALERTS.telegram.chat_id is set, but TELEGRAM_BOT_TOKEN is not.');
  else if (token !== null) problems.push('TELEGRAM_BOT_TOKEN is set, but ALERTS.telegram.chat_id is not.');
  if (environment.alertWebhookUrl !== null) usable.push('webhook');
  if (environment.alertSlackUrl !== null) usable.push('slack');
  if (environment.alertDiscordUrl !== null) usable.push('discord');
  const { from, host, to, user } = alerts.email;
  if (host !== null) {
    const missing = [
      ...(to.length === 0 ? ['ALERTS.email.to is empty'] : []),
      ...(from === null && user === null ? ['neither ALERTS.email.from nor ALERTS.email.user is set'] : []),
      ...(user !== null && environment.smtpPassword === null
        ? ['ALERTS.email.user is set, but SMTP_PASSWORD is not']
        : []),
    ];
    if (missing.length === 0) usable.push('email');
    else problems.push(`No alert can be sent by e-mail: ${missing.join('; ')}.`);
  }
  return { usable, problems };
}
