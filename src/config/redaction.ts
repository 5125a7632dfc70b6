/**
 * A provider may echo a key back in an error, encoded in whatever way it likes. Every text that leaves the process for
 * a log, an error or the journal passes here first (I8).
 */
import type { Secret } from '../domain/secret.ts';

const SHOWN = '[redacted]';
/** Shorter values would black out ordinary words. */
const SHORTEST_SECRET = 6;
/** A fragment of Base64 shorter than this could be anything. */
const SHORTEST_FRAGMENT = 8;

/**
 * A function that replaces every occurrence of every secret: as it is, URL-encoded, JSON-escaped, HTML-escaped, in
 * hexadecimal, and in Base64 or Base64url, even when the secret is only part of what was encoded (`user:key`).
 */
export function createRedactor(secrets: Iterable<Secret>): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    const value = secret.reveal().trim();
    if (value.length >= SHORTEST_SECRET) for (const form of formsOf(value)) forms.add(form);
  }
  if (forms.size === 0) return (text) => text;
  // The longest first, so that no form leaves the rest of a longer one behind.
  const ordered = [...forms].sort((one, other) => other.length - one.length);
  const pattern = new RegExp(ordered.map(escapePattern).join('|'), 'g');
  return (text) => text.replace(pattern, SHOWN);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function formsOf(value: string): readonly string[] {
  const encoded = encodeURIComponent(value);
  const strict = encoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const hex = Buffer.from(value).toString('hex');
  const base64 = [0, 1, 2].flatMap((offset) => base64Fragments(value, offset));
  const urls = [encoded, strict, encodeURI(value)].flatMap((form) => [
    form,
    lowerEscapes(form),
    form.replaceAll('%20', '+'),
  ]);
  const padded = [...base64, ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
  const inUrls = padded.map((form) => encodeURIComponent(form));
  const json = JSON.stringify(value).slice(1, -1);
  return [value, ...urls, json, inHtml(value), hex, hex.toUpperCase(), ...padded, ...inUrls];
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** As an error page of a gateway has it. */
function inHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => HTML_ESCAPES[sign] ?? sign);
}

function lowerEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

/** The characters of a Base64 text that depend on the secret alone when `offset` bytes (mod 3) stand before it. */
function base64Fragments(value: string, offset: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
  const whole = bytes.toString('base64');
  const start = offset === 0 ? 0 : offset + 1;
  const fragment = whole.slice(start, Math.floor((bytes.length * 8) / 6));
  const alone = offset === 0 ? [whole, whole.replace(/=+$/, '')] : [];
  return fragment.length >= SHORTEST_FRAGMENT ? [...alone, fragment] : alone;
}
