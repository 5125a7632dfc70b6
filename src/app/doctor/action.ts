/**
 * Whose code the repository's workflow runs with the channel's secrets. A placeholder keeps every run from beginning; a
 * branch or a tag can be moved to other code by whoever owns it, and a commit cannot.
 */
import { fine, warning, type CheckResult } from './check-result.ts';

const REMEDY =
  'Write owner/repository@ and the 40 digits of a commit after `uses:`; `git rev-parse HEAD` in your copy of Reelmill shows them.';

/** Null: the workflow has no step that could be Reelmill's. */
export function checkAction(workflow: string): CheckResult | null {
  const check = 'action';
  const reference = referenceIn(workflow);
  if (reference === null) return null;
  if (/[<>]/.test(reference))
    return warning(
      check,
      `The workflow has ${reference} where the place of Reelmill on GitHub belongs: no run can begin`,
      REMEDY,
    );
  // Code of the same repository is as old as the workflow itself.
  if (reference.startsWith('./') || /@[0-9a-f]{40}$/i.test(reference))
    return fine(check, `The workflow runs ${reference}`);
  return warning(
    check,
    `The workflow runs ${reference}, which is not pinned to a commit: its owner can put other code there, which gets your keys`,
    REMEDY,
  );
}

/** Of the step that takes a `mode`, as Reelmill's does and that which fetches the repository does not. */
function referenceIn(workflow: string): string | null {
  const lines = workflow.split('\n').filter((line) => !/^\s*#/.test(line));
  const steps = lines.join('\n').split(/^\s*-\s+/m);
  const own = steps.find((step) => /^\s*uses:/m.test(step) && /\bmode:/.test(step));
  const [, reference = null] = /^\s*uses:\s*["']?([^\s"'#]+)/m.exec(own ?? '') ?? [];
  return reference;
}
