/** Alerts by SMTP. A password never crosses a network in the clear: without TLS nothing is sent, except to this machine. */
import { createTransport } from 'nodemailer';

import { failure, success } from '../../domain/failure.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Notifier } from '../../ports/notifier.ts';
import { detailOf } from '../http/causes.ts';
import { shortReason, type Redact } from '../http/reason.ts';
import { isLoopback } from '../http/web-address.ts';
import { subjectOf, textOf } from './message-text.ts';

export interface EmailOptions {
  readonly host: string;
  readonly port: number;
  /** Null: no login. */
  readonly login: { readonly user: string; readonly password: Secret } | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly redact: Redact;
  /** What one attempt may take in all, and each wait within it. */
  readonly seconds: number;
}

const LONGEST_TEXT = 20_000;
const IMPLICIT_TLS_PORT = 465;

export function createEmail(options: EmailOptions): Notifier {
  return {
    name: 'email',
    async send(message) {
      const transport = createTransport(transportOptions(options));
      try {
        await transport.sendMail({
          from: options.from,
          to: [...options.to],
          subject: subjectOf(message),
          text: textOf(message, LONGEST_TEXT),
          headers: { 'Auto-Submitted': 'auto-generated' },
          // The limits of the transport are for single waits: a server that drips would pass each of them for ever.
          signal: AbortSignal.timeout(options.seconds * 1000),
        });
        return success(undefined);
      } catch (error) {
        const reason = shortReason(detailOf(error), options.redact);
        return failure('provider_unavailable', `Sending an alert by e-mail failed: ${reason}`, {
          provider: 'email',
        });
      } finally {
        transport.close();
      }
    },
  };
}

/** Exported for its test: which connections are made in the clear. */
export function transportOptions({ host, login, port, seconds }: EmailOptions) {
  const local = isLocal(host);
  const limit = seconds * 1000;
  return {
    host,
    port,
    secure: port === IMPLICIT_TLS_PORT,
    requireTLS: !local && port !== IMPLICIT_TLS_PORT,
    // A mail server on this machine rarely has a certificate for it.
    ignoreTLS: local && port !== IMPLICIT_TLS_PORT,
    connectionTimeout: limit,
    greetingTimeout: limit,
    socketTimeout: limit,
    dnsTimeout: limit,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
  };
}

function isLocal(host: string): boolean {
  const url = URL.parse(`http://${host.includes(':') ? `[${host}]` : host}`);
  return url !== null && isLoopback(url);
}
