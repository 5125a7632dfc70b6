/** A model writes scripts with line breaks, tabs and stray signs; Runway takes one short line, and refuses a longer one after the picture was paid for (P5). */

// oxlint-disable-next-line no-control-regex -- a control character in a prompt has no meaning and may be refused.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b\u2060\ufeff]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Ends of a sentence in Latin, Cyrillic and East Asian scripts, with closing signs behind. */
const SENTENCE_END = /[.!?…。！？]["'”’»)\]]*(?=\s|$)/g;

/**
 * The script as one line with single spaces, of at most `limit` UTF-16 units. A longer text ends after its last whole
 * sentence when that keeps at least half of the room, else after the last whole word; a pair of surrogates is never parted.
 */
export function cleanScript(text: string, limit: number): string {
  const line = text.replace(CONTROL, ' ').replace(LONE_SURROGATE, '').replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : cut(line, Math.max(limit, 0));
}

function cut(line: string, limit: number): string {
  const room = line.slice(0, limit).replace(LONE_SURROGATE, '');
  const sentence = [...line.slice(0, limit + 1).matchAll(SENTENCE_END)]
    .map((match) => match.index + match[0].length)
    .findLast((end) => end <= limit);
  if (sentence !== undefined && sentence >= limit / 2) return line.slice(0, sentence);
  const word = line[room.length] === ' ' ? room.length : room.lastIndexOf(' ');
  return (word >= limit / 2 ? room.slice(0, word) : room).trim();
}
