/**
 * Where the camera of a mock video looks at every moment. Pure, so that the promise "always inside the picture, never a
 * jump" is checked without pixels. The failure it prevents: a zoom that shakes because rectangles were rounded to pixels.
 */

/**
 * `slow` suits a picture that people look at for ten seconds; `lively` is for a clip that plays a filmed scene; `title`
 * keeps the lower left in view, where a card has its text.
 */
export type Motion = 'slow' | 'lively' | 'title';

/** The visible part of the picture, in fractions of its width and height; width and height share one fraction. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly part: number;
}

interface CameraPath {
  readonly start: View;
  readonly end: View;
  /** Share of the time in which the camera speeds up, and again in which it slows down. */
  readonly ramp: number;
}

const MOTIONS = {
  slow: { widest: 0.97, closest: 0.84, reach: 0.86, ramp: 0.3 },
  title: { widest: 1, closest: 0.9, reach: 1, ramp: 0.3 },
  lively: { widest: 1, closest: 0.66, reach: 0.95, ramp: 0.18 },
} as const satisfies Record<Motion, object>;

/** One of eight directions, and in or out, from any 32-bit number: the same picture always moves the same way. */
export function cameraPath(motion: Motion, seed: number): CameraPath {
  const { widest, closest, reach, ramp } = MOTIONS[motion];
  if (motion === 'title') {
    const [wide, close] = [placed(widest, 0, 0), placed(closest, -0.75, 0.75)];
    return (seed & 1) === 0 ? { start: wide, end: close, ramp } : { start: close, end: wide, ramp };
  }
  const angle = (((seed >>> 1) % 8) / 8 + 1 / 24) * 2 * Math.PI;
  const wide = placed(widest, -Math.cos(angle) * reach, -Math.sin(angle) * reach);
  const close = placed(closest, Math.cos(angle) * reach, Math.sin(angle) * reach);
  return (seed & 1) === 0 ? { start: wide, end: close, ramp } : { start: close, end: wide, ramp };
}

/** `progress` runs from 0 to 1 over the video. The zoom is even to the eye (geometric) and every edge moves steadily. */
export function viewAt(path: CameraPath, progress: number): View {
  const eased = easeBothEnds(Math.min(1, Math.max(0, progress)), path.ramp);
  const { start, end } = path;
  const part = start.part * (end.part / start.part) ** eased;
  const share = (part - start.part) / (end.part - start.part);
  return {
    left: start.left + (end.left - start.left) * share,
    top: start.top + (end.top - start.top) * share,
    part,
  };
}

function placed(part: number, horizontal: number, vertical: number): View {
  const slack = (1 - part) / 2;
  return { left: slack * (1 + horizontal), top: slack * (1 + vertical), part };
}

/** Speed rises along a half cosine, stays even, and falls the same way, so neither end starts with a jerk. */
function easeBothEnds(time: number, ramp: number): number {
  const topSpeed = 1 / (1 - ramp);
  if (time < ramp) return topSpeed * rampDistance(time, ramp);
  if (time > 1 - ramp) return 1 - topSpeed * rampDistance(1 - time, ramp);
  return topSpeed * (time - ramp / 2);
}

function rampDistance(time: number, ramp: number): number {
  return time / 2 - (ramp / (2 * Math.PI)) * Math.sin((Math.PI * time) / ramp);
}
