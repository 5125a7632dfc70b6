/**
 * Alerts by a Telegram bot. One call of the Bot API is all that is needed, so the API is spoken as it is documented, without
 * a framework, and through the same door as everything else.
 *
 * Source: https://core.telegram.org/bots/api#sendmessage
 */
import { success } from '../../domain/failure.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { Http } from '../http/http.ts';
import { ALERT_BYTES, ALERT_SECONDS } from './limits.ts';
import { textOf } from './message-text.ts';

export interface TelegramOptions {
  readonly http: Http;
  /** `https://api.telegram.org` */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly chatId: string | number;
}

/** `text` of `sendMessage`: 1–4096 characters. */
const LONGEST_MESSAGE = 4096;

export function createTelegram({ apiUrl, chatId, http, token }: TelegramOptions): Notifier {
  return {
    name: 'telegram',
    async send(message) {
      const sent = await http.requestJson({
        method: 'POST',
        // The token is a part of the address.
        url: `${apiUrl.replace(/\/+$/, '')}/bot${token.reveal()}/sendMessage`,
        secretAddress: true,
        // Plain text: no parse mode, so that nothing in a provider's words can break or dress up the message.
        body: {
          chat_id: chatId,
          text: textOf(message, LONGEST_MESSAGE),
          link_preview_options: { is_disabled: true },
        },
        timeoutSeconds: ALERT_SECONDS,
        maxBytes: ALERT_BYTES,
        provider: 'telegram',
        purpose: 'Sending an alert by Telegram',
        effect: 'none',
      });
      return sent.ok ? success(undefined) : sent;
    },
  };
}
