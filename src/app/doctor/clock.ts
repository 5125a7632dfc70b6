/**
 * This machine's clock against those of the services. A clock that is off makes the store refuse signatures, and lets
 * two runs both believe that the lease is theirs.
 */
import { createClientFetch } from '../../adapters/http/client-fetch.ts';
import { fine, problem, warning, type CheckResult } from './check-result.ts';

/** Whose clock is asked, and at which address. */
export interface TimeSource {
  readonly name: string;
  readonly url: string;
}

/** Seconds that this machine is ahead of a service; `uncertainty` is what the answer's way and its rounding may hide. */
export interface ClockOffset {
  readonly name: string;
  readonly seconds: number;
  readonly uncertainty: number;
}

const TIMEOUT_SECONDS = 15;
const MOST_BYTES = 2 * 1024 * 1024;
/** A Date header names whole seconds. */
const ROUNDING_SECONDS = 0.5;

/** `bound`: how far two machines of the channel may differ (`WORKFLOW.clock_bound_seconds`). */
export async function checkClock(
  sources: readonly TimeSource[],
  bound: number,
  now: () => Date,
): Promise<CheckResult> {
  const answers = await Promise.all(sources.map((source) => offsetOf(source, now)));
  const offsets = answers.filter((answer) => answer !== null);
  if (offsets.length === 0)
    return warning('clock', 'No service told its time', 'Check the network of this machine.');
  return judgeClock(offsets, bound);
}

/** One source alone may be wrong; the one that agrees best with this machine decides. */
export function judgeClock(offsets: readonly ClockOffset[], bound: number): CheckResult {
  const [best] = offsets.toSorted((one, other) => sureSeconds(one) - sureSeconds(other));
  if (best === undefined) throw new Error('there is no offset to judge');
  const seen = offsets.map((offset) => `${offset.name} ${offsetText(offset)}`).join(', ');
  const sure = sureSeconds(best);
  const remedy = 'Set the clock, by NTP (`timedatectl set-ntp true`) where you can.';
  if (sure > bound)
    return problem('clock', `This machine against ${seen}; at most ${bound} s are safe`, remedy);
  if (sure > bound / 2)
    return warning(
      'clock',
      `This machine against ${seen}; more than half of the ${bound} s that are safe`,
      remedy,
    );
  return fine('clock', `This machine against ${seen}`);
}

function sureSeconds({ seconds, uncertainty }: ClockOffset): number {
  return Math.max(0, Math.abs(seconds) - uncertainty);
}

function offsetText(offset: ClockOffset): string {
  const { seconds, uncertainty } = offset;
  if (sureSeconds(offset) === 0) return `within ${Math.max(1, Math.ceil(uncertainty))} s`;
  return `${Math.round(Math.abs(seconds))} s ${seconds > 0 ? 'ahead' : 'behind'}`;
}

async function offsetOf({ name, url }: TimeSource, now: () => Date): Promise<ClockOffset | null> {
  const ask = createClientFetch({ timeoutSeconds: TIMEOUT_SECONDS, maxBytes: MOST_BYTES });
  const before = now().getTime();
  try {
    const answer = await ask(url);
    const after = now().getTime();
    const date = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(date)) return null;
    const middle = (before + after) / 2;
    return {
      name,
      seconds: (middle - date) / 1000 - ROUNDING_SECONDS,
      uncertainty: (after - before) / 2000 + ROUNDING_SECONDS,
    };
  } catch {
    // Whether it can be reached is another check’s business.
    return null;
  }
}
