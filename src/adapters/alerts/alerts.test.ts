/** Every notifier against a server that speaks its protocol, with the limits and answers that the vendors document. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, test } from 'vitest';

import type { AlertMessage } from '../../domain/alerts.ts';
import { Secret } from '../../domain/secret.ts';
import { createHttp } from '../http/http.ts';
import { closedPort, json, startTestServer, type Answer, type TestServer } from '../http/test-server.ts';
import { createEmail, transportOptions, type EmailOptions } from './email.ts';
import { subjectOf, textOf } from './message-text.ts';
import { createTelegram } from './telegram.ts';
import { createWebhook, type WebhookFormat } from './webhook.ts';

const TOKEN = '123456789:AAabcdefGHIJ-klmnop_qrstuv';
const redact = (text: string): string =>
  text.replaceAll(TOKEN, '[redacted]').replaceAll('hunter2-word', '[redacted]');
const http = createHttp({ allowLoopback: true, userAgent: 'reelmill-test', redact });

const MESSAGE: AlertMessage = {
  channel: 'clocks',
  kind: 'needs-hand',
  recovered: false,
  cause: 'provider_denied:runway',
  title: 'The channel needs a hand',
  text: 'Ordering the video failed with HTTP 401. Check the API key and the account’s balance.',
  id: '20261124-2030',
  at_utc: '2026-11-24T20:35:00.000000+00:00',
  since_utc: '2026-11-24T20:35:00.000000+00:00',
};
const OVER: AlertMessage = {
  ...MESSAGE,
  recovered: true,
  title: 'Over: the channel needs a hand',
  at_utc: '2026-11-25T20:35:00.000000+00:00',
};

describe('the text of an alert', () => {
  test('says what, which post and when', () => {
    expect(textOf(MESSAGE, 4096)).toBe(
      '⚠️ [clocks] The channel needs a hand\n' +
        'Ordering the video failed with HTTP 401. Check the API key and the account’s balance.\n' +
        'Post 20261124-2030. 2026-11-24 20:35 UTC.',
    );
    expect(textOf({ ...OVER, id: null }, 4096)).toMatch(
      /^✅ \[clocks\] Over: .*From 2026-11-24 20:35 to 2026-11-25 20:35 UTC\.$/s,
    );
  });

  test('a long one is cut in its words; post and time stay', () => {
    const long = textOf({ ...MESSAGE, text: 'x'.repeat(10_000) }, 4096);
    expect(long).toHaveLength(4096);
    expect(long).toMatch(/x…\nPost 20261124-2030\. 2026-11-24 20:35 UTC\.$/);
  });

  test('it never exceeds its limit and never cuts a character in two', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 1, max: 200 }),
        (words, limit) => {
          const shown = textOf({ ...MESSAGE, text: `${words}😀😀😀`, channel: words }, limit);
          expect(shown.length).toBeLessThanOrEqual(limit);
          expect(shown.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  test('a name with line breaks cannot make a header of its own', () => {
    expect(subjectOf({ ...MESSAGE, channel: 'a\r\nBcc: x@y' })).toBe('[a Bcc: x@y] The channel needs a hand');
  });
});

describe('Telegram', () => {
  const told: Answer = json(200, {
    ok: true,
    result: { message_id: 7, date: 1, chat: { id: -100123, type: 'group' } },
  });
  const telegram = (url: string) =>
    createTelegram({ http, apiUrl: `${url}/`, token: new Secret(TOKEN), chatId: '-100123' });

  async function sent(answer: Answer, message: AlertMessage = MESSAGE) {
    await using server: TestServer = await startTestServer(answer);
    return { result: await telegram(server.url).send(message), seen: server.seen };
  }

  test('one sendMessage with chat and plain text', async () => {
    const { result, seen } = await sent(told);
    expect(result.ok).toBe(true);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'POST', path: `/bot${TOKEN}/sendMessage` });
    expect(seen[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      chat_id: '-100123',
      text: textOf(MESSAGE, 4096),
      link_preview_options: { is_disabled: true },
    });
  });

  test('a message of more than 4,096 characters is cut, since Telegram refuses it whole', async () => {
    const { seen } = await sent(told, { ...MESSAGE, text: 'я'.repeat(9_000) });
    expect(JSON.parse(seen[0]?.body ?? '{}').text).toHaveLength(4096);
  });

  test.each([
    [401, { ok: false, error_code: 401, description: 'Unauthorized' }, 'provider_denied', 'Unauthorized'],
    [
      400,
      { ok: false, error_code: 400, description: 'Bad Request: chat not found' },
      'provider_refused',
      'chat not found',
    ],
    [
      429,
      {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests: retry after 5',
        parameters: { retry_after: 5 },
      },
      'provider_throttled',
      'Too Many',
    ],
  ])(
    'I8 HTTP %i is a failure with Telegram’s words and without the token',
    async (status, body, code, words) => {
      const { result } = await sent(json(status, body));
      expect(result).toMatchObject({ ok: false, failure: { code, message: expect.stringContaining(words) } });
      expect(JSON.stringify(result)).not.toContain(TOKEN);
      expect(JSON.stringify(result)).not.toContain('AAabcdef');
    },
  );

  test('I8 nobody there: a failure without the token', async () => {
    const result = await telegram(`http://127.0.0.1:${await closedPort()}`).send(MESSAGE);
    expect(result).toMatchObject({ ok: false, failure: { code: 'provider_unavailable' } });
    expect(JSON.stringify(result)).not.toContain('AAabcdef');
  });
});

describe('webhooks', () => {
  async function sent(format: WebhookFormat, answer: Answer, message: AlertMessage = MESSAGE) {
    await using server: TestServer = await startTestServer(answer);
    const url = new Secret(`${server.url}/services/T0/B0/s3cret?x=1`);
    return { result: await createWebhook({ http, format, url }).send(message), seen: server.seen };
  }
  const body = (seen: TestServer['seen']) => JSON.parse(seen[0]?.body ?? '');

  test('json: every field by its name', async () => {
    const { result, seen } = await sent('webhook', (response) => void response.writeHead(204).end());
    expect(result.ok).toBe(true);
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/services/T0/B0/s3cret?x=1' });
    expect(body(seen)).toEqual({ version: 1, source: 'reelmill', ...MESSAGE });
  });

  test('slack: one text, answered with a bare `ok`; a mention in a provider’s words is none', async () => {
    const { result, seen } = await sent('slack', (response) => void response.writeHead(200).end('ok'), {
      ...MESSAGE,
      text: 'it said <!channel> & more',
    });
    expect(result.ok).toBe(true);
    expect(Object.keys(body(seen))).toEqual(['text']);
    expect(body(seen).text).toContain('it said &lt;!channel&gt; &amp; more');
  });

  test('discord: content of at most 2,000 characters that mentions nobody, answered with 204', async () => {
    const { result, seen } = await sent('discord', (response) => void response.writeHead(204).end(), {
      ...MESSAGE,
      text: '@everyone '.repeat(500),
    });
    expect(result.ok).toBe(true);
    expect(body(seen).content).toHaveLength(2_000);
    expect(body(seen).allowed_mentions).toEqual({ parse: [] });
  });

  test.each([
    ['slack', 404, 'no_service', 'provider_refused'],
    ['discord', 400, '{"message":"Cannot send an empty message","code":50006}', 'provider_refused'],
    ['webhook', 500, '<html>', 'provider_unavailable'],
    ['webhook', 302, '', 'provider_bad_answer'],
  ] as const)(
    'I8 %s answers %i: a failure that does not show the address',
    async (format, status, words, code) => {
      const { result } = await sent(format, (response) => void response.writeHead(status).end(words));
      expect(result).toMatchObject({ ok: false, failure: { code } });
      expect(JSON.stringify(result)).not.toMatch(/s3cret|services/);
    },
  );
});

describe('e-mail', () => {
  interface Mail {
    readonly from: string;
    readonly to: readonly string[];
    readonly raw: string;
  }

  async function mailServer(options: SMTPServerOptions = {}) {
    const mails: Mail[] = [];
    const logins: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      // On this machine the password may go in the clear; that is what is tested here.
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        logins.push(`${username}:${password}`);
        if (password === 'hunter2-word') done(null, { user: username });
        else done(new Error('wrong password'));
      },
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          mails.push({ from, to, raw: Buffer.concat(chunks).toString() });
          done();
        });
      },
      ...options,
    });
    server.on('error', () => {});
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const { port } = server.server.address() as AddressInfo;
    const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
    return { mails, logins, port, [Symbol.asyncDispose]: close };
  }

  const options = (port: number, change: Partial<EmailOptions> = {}): EmailOptions => ({
    host: '127.0.0.1',
    port,
    login: null,
    from: 'mill@example.com',
    to: ['owner@example.com', 'second@example.com'],
    redact,
    seconds: 10,
    ...change,
  });

  test('a plain mail to every recipient, logged in, with the subject as one line', async () => {
    await using server = await mailServer();
    const login = { user: 'mill@example.com', password: new Secret('hunter2-word') };
    const result = await createEmail(options(server.port, { login })).send({ ...MESSAGE, channel: 'часы' });
    expect(result).toEqual({ ok: true, value: undefined });
    expect(server.logins).toEqual(['mill@example.com:hunter2-word']);
    expect(server.mails).toHaveLength(1);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'mill@example.com', to: ['owner@example.com', 'second@example.com'] });
    expect(mail?.raw).toMatch(/^Subject: =\?UTF-8\?[QB]\?.*\?=/m);
    expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(mail?.raw).toMatch(/^Content-Type: text\/plain; charset=utf-8/m);
    expect(mail?.raw).not.toContain('hunter2-word');
  });

  test('I8 a refused login is a failure without the password', async () => {
    await using server = await mailServer();
    const login = { user: 'u', password: new Secret(`wrong-${TOKEN}`) };
    const result = await createEmail(options(server.port, { login })).send(MESSAGE);
    expect(result).toMatchObject({ ok: false, failure: { code: 'provider_unavailable' } });
    expect(JSON.stringify(result)).toMatch(/535|Invalid login|wrong password/);
    expect(JSON.stringify(result)).not.toContain(TOKEN);
    expect(server.mails).toEqual([]);
  });

  test('a server that refuses the recipient, and one that is not there', async () => {
    await using server = await mailServer({
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error('no such user'), { responseCode: 550 })),
    });
    const refused = await createEmail(options(server.port)).send(MESSAGE);
    expect(refused).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('no such user') },
    });
    const nobody = await createEmail(options(await closedPort())).send(MESSAGE);
    expect(nobody).toMatchObject({ ok: false });
  });

  test(
    'I6 a server that never stops answering is left after the seconds of an attempt',
    { timeout: 20_000 },
    async () => {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.write('220 hello\r\n');
        // Each line comes long before a wait for it would be over.
        const drip = setInterval(() => void socket.write('250-and more\r\n'), 5);
        socket.on('close', () => clearInterval(drip));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port.
      const { port } = server.address() as AddressInfo;
      try {
        expect(await createEmail(options(port, { seconds: 0.2 })).send(MESSAGE)).toMatchObject({
          ok: false,
          failure: { code: 'provider_unavailable', message: expect.stringContaining('timeout') as unknown },
        });
      } finally {
        for (const socket of sockets) socket.destroy();
        server.close();
      }
    },
  );

  test('I8 in the clear only to this machine; elsewhere TLS from the start or STARTTLS, or nothing', () => {
    const flags = (host: string, port: number) => {
      const { ignoreTLS, requireTLS, secure } = transportOptions(options(port, { host }));
      return { ignoreTLS, requireTLS, secure };
    };
    const starttls = { ignoreTLS: false, requireTLS: true, secure: false };
    expect(flags('smtp.example.com', 587)).toEqual(starttls);
    expect(flags('smtp.example.com', 25)).toEqual(starttls);
    expect(flags('10.0.0.5', 25)).toEqual(starttls);
    expect(flags('smtp.example.com', 465)).toEqual({ ignoreTLS: false, requireTLS: false, secure: true });
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      expect(flags(host, 25)).toEqual({ ignoreTLS: true, requireTLS: false, secure: false });
  });
});
