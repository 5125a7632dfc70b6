/**
 * Runway refuses a ratio or a duration that the model does not make, after the picture was already paid for. This
 * table lets a config be answered beforehand, with the nearest value that does work.
 *
 * Source: `ImageToVideoCreateParams` in the types of `@runwayml/sdk` 4.20.1 (ratio and duration by model).
 */

export interface RunwayModelLimits {
  readonly ratios: readonly string[];
  /** Seconds, whole numbers, ascending. */
  readonly durations: readonly number[];
}

const GEN_4_RATIOS = ['1280:720', '720:1280', '1104:832', '832:1104', '960:960', '1584:672'];
const VEO_RATIOS = ['1280:720', '720:1280', '1080:1920', '1920:1080'];
const TWO_TO_TEN_SECONDS = [2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Image-to-video models whose limits we know. Runway offers others; they are sent as they are written. */
export const RUNWAY_MODELS: Readonly<Record<string, RunwayModelLimits>> = {
  gen4_turbo: { ratios: GEN_4_RATIOS, durations: TWO_TO_TEN_SECONDS },
  'gen4.5': { ratios: GEN_4_RATIOS, durations: TWO_TO_TEN_SECONDS },
  'veo3.1': { ratios: VEO_RATIOS, durations: [4, 6, 8] },
  'veo3.1_fast': { ratios: VEO_RATIOS, durations: [4, 6, 8] },
};

/** Models that Runway has withdrawn, with the one that follows. */
export const WITHDRAWN_RUNWAY_MODELS: Readonly<Record<string, string>> = { gen3a_turbo: 'gen4_turbo' };

/** Longest `promptText` that Runway takes, in UTF-16 code units. Source: the same types. */
export const RUNWAY_PROMPT_LIMIT = 1000;

/**
 * Most bytes of a picture that is sent inside the request. Runway takes a data URI of up to 5 MB, and names 3.3 MB as
 * what fits into one after encoding. Source: the same types, and Runway's guide to inputs.
 */
export const RUNWAY_PICTURE_BYTES = 3_300_000;

interface Shape {
  readonly width: number;
  readonly height: number;
}

/** `width:height` in whole positive numbers, or null. */
export function parseRatio(ratio: string): Shape | null {
  const match = /^(\d{1,5})\s*[:x×]\s*(\d{1,5})$/.exec(ratio.trim());
  if (match === null) return null;
  const [width, height] = [Number(match[1]), Number(match[2])];
  return width > 0 && height > 0 ? { width, height } : null;
}

/**
 * The ratio to send to Runway for a wanted one: the same when the model takes it, else the nearest by shape and then
 * by size. An unknown model or an unreadable ratio comes back unchanged, since we cannot know better.
 */
export function nearestRunwayRatio(model: string, ratio: string): string {
  const limits = limitsOf(model);
  const wanted = parseRatio(ratio);
  if (limits === null || wanted === null || limits.ratios.includes(ratio)) return ratio;
  return closest(limits.ratios, (candidate) => distance(wanted, parseRatio(candidate))) ?? ratio;
}

/** The duration to send, in whole seconds: the nearest that the model makes, the longer one at equal distance. */
export function nearestRunwayDuration(model: string, seconds: number): number {
  const limits = limitsOf(model);
  if (limits === null) return seconds;
  return closest(limits.durations.toReversed(), (candidate) => Math.abs(candidate - seconds)) ?? seconds;
}

function limitsOf(model: string): RunwayModelLimits | null {
  return Object.hasOwn(RUNWAY_MODELS, model) ? (RUNWAY_MODELS[model] ?? null) : null;
}

function closest<T>(candidates: readonly T[], measure: (candidate: T) => number): T | undefined {
  let best: T | undefined;
  for (const candidate of candidates) {
    if (best === undefined || measure(candidate) < measure(best)) best = candidate;
  }
  return best;
}

// The logarithm makes twice as wide and twice as narrow equally far; size only decides between equal shapes.
function distance(wanted: Shape, candidate: Shape | null): number {
  if (candidate === null) return Infinity;
  const shape = Math.log(wanted.width / wanted.height) - Math.log(candidate.width / candidate.height);
  const size = Math.log(wanted.width * wanted.height) - Math.log(candidate.width * candidate.height);
  return Math.abs(shape) + Math.abs(size) / 1000;
}
