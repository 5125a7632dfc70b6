/**
 * What a log line may hold. An error object, a header map or a provider's answer can carry a key, be circular or be many
 * megabytes; everything becomes small plain data here, with every text redacted, before any logger sees it (I8).
 */

const LONGEST_TEXT = 2_000;
/** Read before redaction; more would only be cut off again. */
const LONGEST_READ = 100_000;
const DEEPEST = 6;
const MOST_ENTRIES = 50;
const MOST_VALUES = 500;
const STACK_LINES = 8;
const SHOWN = '[redacted]';
const SECRET_NAME =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|api[-_]?key$|^password$|secret$|^access[-_]?key$/i;
// oxlint-disable-next-line no-control-regex -- escape sequences would reach a terminal, line breaks could forge a log line.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': ' ' };

interface Walk {
  readonly redact: (text: string) => string;
  readonly parents: Set<object>;
  values: number;
}

/** One printable line of at most 2,000 characters: redacted, line breaks shown as `\n`, other control characters dropped. */
export function plainText(text: string, redact: (text: string) => string): string {
  const clean = redact(text.slice(0, LONGEST_READ)).replace(CONTROL, (sign) => ESCAPES[sign] ?? '');
  return clean.length <= LONGEST_TEXT
    ? clean
    : `${clean.slice(0, LONGEST_TEXT)}… (${text.length} characters)`;
}

/** Plain data of bounded depth, width and size; never throws, whatever `value` does when it is looked at. */
export function plainValue(value: unknown, redact: (text: string) => string): unknown {
  return convert(value, 0, { redact, parents: new Set(), values: 0 });
}

function convert(value: unknown, depth: number, walk: Walk): unknown {
  walk.values += 1;
  if (walk.values > MOST_VALUES) return '…';
  switch (typeof value) {
    case 'string':
      return plainText(value, walk.redact);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : convertObject(value, depth, walk);
    default:
      return `(${typeof value})`;
  }
}

function convertObject(value: object, depth: number, walk: Walk): unknown {
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (walk.parents.has(value)) return '(circular)';
  if (depth >= DEEPEST) return '(deeper)';
  walk.parents.add(value);
  try {
    return contents(value, depth, walk);
  } catch {
    return '(unreadable)';
  } finally {
    walk.parents.delete(value);
  }
}

function contents(value: object, depth: number, walk: Walk): unknown {
  if (value instanceof Error) return convertError(value, depth, walk);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const shown: unknown = value.toJSON();
    if (shown !== value) return convert(shown, depth + 1, walk);
  }
  if (value instanceof Map || value instanceof Headers)
    return convertEntries([...value.entries()].slice(0, MOST_ENTRIES), depth, walk);
  const list = value instanceof Set ? [...value] : value;
  if (Array.isArray(list)) {
    const shown = list.slice(0, MOST_ENTRIES).map((entry) => convert(entry, depth + 1, walk));
    return list.length > MOST_ENTRIES ? [...shown, `… (${list.length} entries)`] : shown;
  }
  return convertEntries(Object.entries(value).slice(0, MOST_ENTRIES), depth, walk);
}

function convertEntries(
  entries: readonly (readonly [unknown, unknown])[],
  depth: number,
  walk: Walk,
): unknown {
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      const shown = plainText(String(name), walk.redact);
      return [shown, SECRET_NAME.test(shown) ? SHOWN : convert(entry, depth + 1, walk)];
    }),
  );
}

// Only these parts: the request and the headers that some libraries hang on their errors hold keys.
function convertError(error: Error, depth: number, walk: Walk): unknown {
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return convert(
    {
      type: error.name,
      message: error.message,
      ...('code' in error ? { code: error.code } : {}),
      ...('statusCode' in error ? { status: error.statusCode } : {}),
      stack: stack.slice(0, STACK_LINES).map((line) => line.trim()),
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    },
    depth,
    walk,
  );
}
