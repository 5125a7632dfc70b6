/** What a check found: a verdict, what it rests on, and what to do. Checks never throw and never change the channel. */
import { placeText, type Failure, type FailureCode } from '../../domain/failure.ts';

export type Verdict = 'ok' | 'warning' | 'problem';

export interface CheckResult {
  /** `store.write`; the part before the dot groups them. */
  readonly check: string;
  readonly verdict: Verdict;
  /** What was seen or measured, in one sentence. */
  readonly evidence: string;
  /** What to do; null when there is nothing to do. */
  readonly remedy: string | null;
}

export function fine(check: string, evidence: string): CheckResult {
  return { check, verdict: 'ok', evidence, remedy: null };
}

export function warning(check: string, evidence: string, remedy: string): CheckResult {
  return { check, verdict: 'warning', evidence, remedy };
}

export function problem(check: string, evidence: string, remedy: string): CheckResult {
  return { check, verdict: 'problem', evidence, remedy };
}

const LATER =
  'Check this machine’s network, the address, and the service’s status page; then ask doctor again.';
/** The advice of these is meant for runs, which come again by themselves, or names this very command. */
const REMEDIES: Partial<Record<FailureCode, string>> = {
  provider_unavailable: LATER,
  provider_throttled: LATER,
  provider_bad_answer: LATER,
  store_unavailable: LATER,
  state_conflict: 'Ask doctor again.',
  render_failed: 'Install Reelmill again; if that does not help, report it as a bug with these words.',
};

/** A failure as a problem, with advice for somebody who sits before it. */
export function failed(check: string, failure: Failure): CheckResult {
  const remedy = REMEDIES[failure.code] ?? failure.advice;
  return problem(check, `${failure.message}${placeText(failure)}`, remedy);
}

const RANK: Readonly<Record<Verdict, number>> = { ok: 0, warning: 1, problem: 2 };

export function worstOf(results: readonly CheckResult[]): Verdict {
  return results.reduce<Verdict>(
    (worst, { verdict }) => (RANK[verdict] > RANK[worst] ? verdict : worst),
    'ok',
  );
}
