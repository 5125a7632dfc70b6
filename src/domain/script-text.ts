/** A model writes scripts with line breaks, tabs and stray signs; Runway takes one short line, and refuses a longer one after the picture was paid for (P5). */

import { cutText, LONE_SURROGATE } from './cut-text.ts';

// oxlint-disable-next-line no-control-regex -- a control character in a prompt has no meaning and may be refused.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b\u2060\ufeff]/g;

/** The script as one line with single spaces, of at most `limit` UTF-16 units. */
export function cleanScript(text: string, limit: number): string {
  const line = text.replace(CONTROL, ' ').replace(LONE_SURROGATE, '').replace(/\s+/g, ' ').trim();
  return cutText(line, Math.max(limit, 0));
}
