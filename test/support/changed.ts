/** For a run in which parts of what the steps are given are other ones. */
import type { StepContext } from '../../src/steps/context.ts';
import type { MillRun } from './mill.ts';

export function changed(parts: (context: StepContext) => Partial<StepContext>): Required<MillRun>['change'] {
  return (run) => ({ ...run, context: { ...run.context, ...parts(run.context) } });
}
