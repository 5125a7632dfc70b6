/** How the world's providers feel today: the chance of every way in which they are known to fail. */

/** Chances, each per request or task, in [0, 1]; speeds in seconds. */
export interface ProviderMood {
  readonly imageFails: number;
  readonly imageNever: number;
  /** Hours instead of minutes. */
  readonly imageLate: number;
  /** Finished, without an address of a picture. */
  readonly imageUnusable: number;
  readonly videoFails: number;
  readonly videoNever: number;
  readonly videoLate: number;
  /** A text of the wrong shape, a cut one, or a refusal by the model; each is charged. */
  readonly badAnswer: number;
  /** The address expired, or what lies there is no picture or video. */
  readonly downloadFails: number;
  readonly judgeFails: number;
  /** A paid request is refused: by its content, for want of credit, by throttling, or because the service is down. */
  readonly refuses: number;
  /** A task is taken, and charged, and the answer does not say its id. */
  readonly garbled: number;
  /** The question after a task is throttled, fails, or is answered by "no such task". */
  readonly statusFails: number;
  /** The renderer dies. */
  readonly renderFails: number;
  readonly imageSeconds: number;
  readonly videoSeconds: number;
}

export const KIND_MOOD: ProviderMood = {
  imageFails: 0,
  imageNever: 0,
  imageLate: 0,
  imageUnusable: 0,
  videoFails: 0,
  videoNever: 0,
  videoLate: 0,
  badAnswer: 0,
  downloadFails: 0,
  judgeFails: 0,
  refuses: 0,
  garbled: 0,
  statusFails: 0,
  renderFails: 0,
  imageSeconds: 100,
  videoSeconds: 60,
};

/** Most failures do not happen on most days; those that do happen often. */
export function drawMood(plan: () => number): ProviderMood {
  const bad = (): number => (plan() < 0.3 ? plan() * 0.6 : 0);
  return {
    imageFails: bad(),
    imageNever: bad(),
    imageLate: bad(),
    imageUnusable: bad(),
    videoFails: bad(),
    videoNever: bad(),
    videoLate: bad(),
    badAnswer: bad() * 0.3,
    downloadFails: bad(),
    judgeFails: bad(),
    refuses: bad() * 0.5,
    garbled: bad() * 0.5,
    statusFails: bad(),
    renderFails: bad() * 0.3,
    imageSeconds: plan() < 0.2 ? 5 : 100,
    videoSeconds: plan() < 0.2 ? 400 : 60,
  };
}
