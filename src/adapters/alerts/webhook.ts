/**
 * Alerts as a POST: our own JSON for whatever the owner builds, or the shapes that Slack's and Discord's incoming webhooks
 * take. Whoever knows such an address may post to it, so that it never appears anywhere.
 *
 * Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (answers `ok` as text; `&`, `<`, `>`
 * are escaped), https://discord.com/developers/docs/resources/webhook#execute-webhook (answers 204; 2,000 characters).
 */
import type { AlertMessage } from '../../domain/alerts.ts';
import { success } from '../../domain/failure.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { Http } from '../http/http.ts';
import { ALERT_BYTES, ALERT_SECONDS } from './limits.ts';
import { textOf } from './message-text.ts';

export type WebhookFormat = 'webhook' | 'slack' | 'discord';

export interface WebhookOptions {
  readonly http: Http;
  readonly format: WebhookFormat;
  readonly url: Secret;
}

/** Slack cuts at 40,000 and asks for 4,000. */
const LONGEST_SLACK = 4_000;
const LONGEST_DISCORD = 2_000;

export function createWebhook({ format, http, url }: WebhookOptions): Notifier {
  return {
    name: format,
    async send(message) {
      const sent = await http.requestJson({
        method: 'POST',
        url: url.reveal(),
        secretAddress: true,
        body: bodyOf(format, message),
        anyAnswer: true,
        timeoutSeconds: ALERT_SECONDS,
        maxBytes: ALERT_BYTES,
        provider: format,
        purpose: 'Sending an alert by webhook',
        effect: 'none',
      });
      return sent.ok ? success(undefined) : sent;
    },
  };
}

function bodyOf(format: WebhookFormat, message: AlertMessage): unknown {
  switch (format) {
    case 'webhook':
      return { version: 1, source: 'reelmill', ...message };
    case 'slack':
      // A provider's words must not ping a channel: `<!channel>` is a mention, `&lt;!channel&gt;` is text.
      return { text: escaped(textOf(message, LONGEST_SLACK)) };
    case 'discord':
      return { content: textOf(message, LONGEST_DISCORD), allowed_mentions: { parse: [] } };
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
