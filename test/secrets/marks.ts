/**
 * Secrets that can be told apart from everything else, and the search for them. What is looked for is any piece of twelve
 * characters, in every usual encoding: half a key is a leak as well.
 */
import { createHash } from 'node:crypto';

/** Characters that URL, JSON and Base64 encodings each write in their own way. */
const AWKWARD = '+/="&\\%';
const PIECE = 12;

function mark(name: string, awkward = AWKWARD): string {
  const noise = createHash('sha256').update(`a mark of the test: ${name}`).digest('hex');
  // Spread, so that no piece is made of these alone.
  const spread = [...awkward].map((sign, index) => `${noise.slice(index * 4, index * 4 + 4)}${sign}`);
  return `${spread.join('')}${noise.slice(awkward.length * 4, 40)}`;
}

/** By where each one is set. The places of addresses and lists hold only the part that is secret. */
export const MARKS = {
  B2_ACCESS_KEY: mark('b2 access', ''),
  B2_SECRET_KEY: mark('b2 secret', '+/'),
  OPENAI_API_KEY: `sk-${mark('openai')}`,
  MIDJOURNEY_API_KEY: mark('piapi'),
  RUNWAY_API_KEY: `key_${mark('runway')}`,
  MIDJOURNEY_WEBHOOK_SECRET: mark('report of piapi', `${AWKWARD}ä`),
  TELEGRAM_BOT_TOKEN: `7412589630:${mark('telegram', '_-')}`,
  ALERT_WEBHOOK_URL: mark('webhook', '+/="&'),
  ALERT_SLACK_URL: mark('slack', ''),
  ALERT_DISCORD_URL: mark('discord', '-_'),
  SMTP_PASSWORD: mark('mail', `${AWKWARD}ä`),
  OTEL_EXPORTER_OTLP_HEADERS: mark('every signal', '+/='),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: mark('traces', '+/="&'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: mark('collector', '+/='),
  'API_KEYS.openai.api_key': `sk-${mark('openai in the file')}`,
  'API_KEYS.midjourney.api_key': mark('piapi in the file'),
  'API_KEYS.midjourney.webhook_url': mark('address of reports', ''),
  'ALERTS.email.password': mark('mail in the file'),
} as const;
export type MarkName = keyof typeof MARKS;

/** How programs write a text into another one. */
export function formsOf(value: string): readonly string[] {
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset, 58), Buffer.from(value)]).toString('base64'),
  );
  return [
    value,
    ...base64,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    value.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
    Buffer.from(value).toString('base64url'),
    Buffer.from(value).toString('hex'),
  ];
}

/** The first and last characters of Base64 depend on what stands beside, and say little. */
const EDGE = 4;

function piecesOf(value: string): readonly string[] {
  // The last is how Markdown for a job page has it.
  const written = [
    ...formsOf(value),
    value.replaceAll(/[^A-Za-z0-9]/g, (sign) => `&#${sign.charCodeAt(0)};`),
  ];
  return written.flatMap((form, index) => {
    const inner = index === 0 ? form : form.slice(EDGE, -EDGE);
    return Array.from({ length: inner.length - PIECE + 1 }, (_, at) => inner.slice(at, at + PIECE));
  });
}

const OWNERS = new Map<string, MarkName>();
for (const [name, value] of Object.entries(MARKS))
  for (const piece of piecesOf(value)) OWNERS.set(piece, name as MarkName);

/** Which marks a text gives away, each with what stands around the first piece of it. */
export function marksIn(text: string): ReadonlyMap<MarkName, string> {
  const found = new Map<MarkName, string>();
  for (let at = 0; at + PIECE <= text.length; at += 1) {
    const owner = OWNERS.get(text.slice(at, at + PIECE));
    if (owner !== undefined && !found.has(owner))
      found.set(owner, text.slice(Math.max(0, at - 150), at + 80));
  }
  return found;
}
