/**
 * Servers that ignore structured output wrap the object in a code fence or in friendly words. The answer was paid for, so
 * the object is looked for before the answer is given up.
 */

const LONGEST_TEXT = 200_000;
const MOST_CANDIDATES = 20;

/** JSON objects that stand in a text, likeliest first: the whole text, then each outermost `{…}`. At most twenty. */
export function jsonObjectsIn(text: string): readonly unknown[] {
  const bounded = text.slice(0, LONGEST_TEXT);
  const found: unknown[] = [];
  for (const candidate of [bounded, ...outermostObjects(bounded)]) {
    const value = parsed(candidate);
    if (typeof value === 'object' && value !== null) found.push(value);
  }
  return found;
}

function outermostObjects(text: string): readonly string[] {
  const found: string[] = [];
  let start = text.indexOf('{');
  for (let tries = 0; start !== -1 && tries < MOST_CANDIDATES; tries += 1) {
    const end = endOfObject(text, start);
    if (end !== null) found.push(text.slice(start, end));
    start = text.indexOf('{', end ?? start + 1);
  }
  return found;
}

/** Index after the brace that closes the one at `start`; braces inside strings do not count. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index += 1) {
    const sign = text[index];
    if (inString) {
      if (sign === '\\') index += 1;
      else if (sign === '"') inString = false;
    } else if (sign === '"') inString = true;
    else if (sign === '{') depth += 1;
    else if (sign === '}') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
