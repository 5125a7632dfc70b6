/** How a text that is too long becomes shorter: at a sentence or a word, and never within a character, which no other program could read. */

export const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Ends of a sentence in Latin, Cyrillic and East Asian scripts, with closing signs behind. */
const SENTENCE_END = /[.!?…。！？]["'”’»)\]]*(?=\s|$)/g;

/**
 * At most `limit` UTF-16 units. A longer text ends after its last whole sentence when that keeps at least half of the
 * room, else after the last whole word that does.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = text.slice(0, limit).replace(LONE_SURROGATE, '');
  const sentence = [...text.slice(0, limit + 1).matchAll(SENTENCE_END)]
    .map((match) => match.index + match[0].length)
    .findLast((end) => end <= limit);
  if (sentence !== undefined && sentence >= limit / 2) return text.slice(0, sentence);
  const word = /\s/.test(text[room.length] ?? '') ? room.length : room.search(/\s\S*$/);
  return (word >= limit / 2 ? room.slice(0, word) : room).trim();
}
