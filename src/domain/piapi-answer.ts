/**
 * Reads what PiAPI answered about a task (P4, D5). The same result comes in several shapes, and plans differ in which field
 * holds the pictures; a field that is read wrongly here means that a paid picture is thrown away.
 *
 * Sources: PiAPI's documentation of midjourney task results, and live answers of `/mj/v2/fetch`.
 */

type Answer = Readonly<Record<string, unknown>>;

export interface ImageCandidates {
  /** Addresses of pictures, http or https, each once, in the provider's order; at least one, at most sixteen. */
  readonly urls: string[];
  /** True when the one address holds a 2×2 grid of four pictures, to be cut apart. */
  readonly grid: boolean;
}

/** As many as the judge can compare. */
const MOST_URLS = 16;
const LONGEST_URL = 8_192;
const LONGEST_REASON = 500;
/** Tasks that end in one picture rather than in a grid. */
const SINGLE_PICTURE_TASK = /upscale|upsample|inpaint|outpaint|zoom|pan|faceswap/i;

/**
 * The usable addresses, in P4's order: `temporary_image_urls`, else `image_urls`, else `image_url`; null when there are none.
 *
 * A lone `image_url` is a grid unless something says otherwise, because an imagine always paints four: the task's type (in
 * the answer or its `meta`) is one that ends in a single picture, or its input names the picture of a grid that it took
 * (`origin_task_id` with an `index`). A list of one address is that same grid when it repeats `image_url`.
 */
export function imageCandidates(answer: Answer): ImageCandidates | null {
  const result = resultOf(answer);
  const single = webAddresses([result['image_url']])[0];
  for (const name of ['temporary_image_urls', 'image_urls']) {
    const urls = webAddresses(result[name]);
    const repeated = urls.length === 1 && urls[0] === single;
    if (urls.length > 0 && !repeated) return { urls, grid: false };
  }
  return single === undefined ? null : { urls: [single], grid: !endsInOnePicture(answer) };
}

/** The provider's own words for why a task failed, one line of at most 500 characters; null when it gave none. */
export function failureReason(answer: Answer): string | null {
  const result = resultOf(answer);
  const sources = [answer, recordOf(answer['data'])].flatMap((part) => {
    const error = recordOf(part['error']);
    return [error['raw_message'], error['message'], error['detail'], part['error'], part['message']];
  });
  const texts = [result['error_messages'], ...sources].flatMap(textsIn);
  const distinct = [...new Set(texts)].filter((text) => !/^(?:success|ok)$/i.test(text));
  return distinct.length === 0 ? null : distinct.join('; ').slice(0, LONGEST_REASON);
}

// The flat answer of `/mj/v2/fetch` has `task_result`; the newer one has `output`, alone or under `data`.
function resultOf(answer: Answer): Answer {
  const data = recordOf(answer['data']);
  const places = [answer['task_result'], answer['output'], data['task_result'], data['output']].map(recordOf);
  return places.find((place) => Object.keys(place).length > 0) ?? answer;
}

function endsInOnePicture(answer: Answer): boolean {
  const parts = [answer, recordOf(answer['data'])].flatMap((part) => [part, recordOf(part['meta'])]);
  return parts.some((part) => {
    const type = part['task_type'];
    if (typeof type === 'string' && SINGLE_PICTURE_TASK.test(type)) return true;
    const inputs = [recordOf(part['input']), recordOf(part['task_param'])];
    return inputs.some((input) => isGiven(input['origin_task_id']) && isGiven(input['index']));
  });
}

function isGiven(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function webAddresses(value: unknown): string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [];
  const urls = listed.slice(0, 100).flatMap((entry) => (isWebAddress(entry) ? [entry.trim()] : []));
  return [...new Set(urls)].slice(0, MOST_URLS);
}

function isWebAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_URL && /^\s*https?:\/\/[^\s]+\s*$/i.test(value);
}

function textsIn(value: unknown): string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value.slice(0, 5) : [value];
  return listed.flatMap((entry) => {
    const line = typeof entry === 'string' ? entry.slice(0, 5_000).replace(/\s+/g, ' ').trim() : '';
    return line === '' ? [] : [line];
  });
}

function recordOf(value: unknown): Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
