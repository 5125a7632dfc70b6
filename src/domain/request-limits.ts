/**
 * How long a run may be busy with one thing without renewing its lease. A run that outlasts its lease has paid for an
 * answer that it may not keep, and so has the next one: the lease is made long enough for all of it (I3, I4).
 */

/** For one request to PiAPI or Runway: what W1 names for the check; creating answers faster. */
export const PROVIDER_SECONDS = 120;
/** For one picture or video. */
export const DOWNLOAD_SECONDS = 300;
/** For the renewal itself, and for what a run does beside its requests. */
const MARGIN_SECONDS = 60;

/** A pause is cut into pieces of this length, with a look at the lease after each. */
export const PAUSE_SECONDS = 60;

export interface BusyTimes {
  /** For one answer of a model. */
  readonly modelSeconds: number;
  /** Between two questions after a video. */
  readonly pollSeconds: number;
}

export interface LongestWork {
  readonly seconds: number;
  /** What takes so long, as a key of the configuration; null: nothing that can be set. */
  readonly setting: string | null;
}

/** What a lease has to outlast after each look at it, with the margin. */
export function longestWork({ modelSeconds, pollSeconds }: BusyTimes): LongestWork {
  const each: readonly LongestWork[] = [
    { seconds: DOWNLOAD_SECONDS, setting: null },
    { seconds: modelSeconds, setting: 'OPENAI_SETTINGS.request_timeout_seconds' },
    {
      seconds: Math.min(pollSeconds, PAUSE_SECONDS) + PROVIDER_SECONDS,
      setting: 'WORKFLOW.runway_polling_interval',
    },
  ];
  const { seconds, setting } = each.reduce((most, one) => (one.seconds > most.seconds ? one : most));
  return { seconds: seconds + MARGIN_SECONDS, setting };
}
