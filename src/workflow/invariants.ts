/**
 * What the documents may look like between runs (S4, I5). Tests and the simulator ask this after every run, so that a
 * transition that leaves a sixth state, or a key of ours that outlives its post, is found at once. `SPEC.md`, section 4.
 */
import type { GenerationDocument, ImageDocument } from '../domain/channel-state.ts';
import { phaseOf, type Phase } from './phase.ts';

type OwnKey =
  | 'attempts'
  | 'unknown_outcomes'
  | 'retry_after_utc'
  | 'submission'
  | 'picture'
  | 'picture_failures'
  | 'video_task'
  | 'image_failure'
  | 'video_failure'
  | 'replacing_mock';

const ORDERING: readonly Phase[] = ['submission', 'task', 'results', 'results-unusable'];

/** The phases in which each key of ours may stand beside the specification's four; `late_tasks` may always. */
export const ALLOWED_AT_REST: Readonly<Record<OwnKey, readonly Phase[]>> = {
  attempts: ORDERING,
  unknown_outcomes: ORDERING,
  retry_after_utc: ORDERING,
  submission: ['submission', 'results'],
  picture: ['results'],
  picture_failures: ORDERING,
  video_task: ['results'],
  image_failure: ['timed-out'],
  video_failure: ORDERING,
  replacing_mock: ['results', 'results-unusable'],
};

/** Empty when the documents are in one of S4's five states. Each problem is a sentence for a person. */
export function restProblems(image: ImageDocument, generation: GenerationDocument): string[] {
  const phase = phaseOf(image);
  return [...keyProblems(image, phase), ...ownProblems(image, phase), ...postProblems(phase, generation)];
}

/** The specification's four keys must agree with each other. */
function keyProblems(image: ImageDocument, phase: Phase): string[] {
  const problems: string[] = [];
  const { midjourney_task: task, midjourney_results: results, generation, status } = image;
  const wants = {
    task: phase === 'task' || phase === 'task-undated',
    // A late video needs no answer: its picture already lies in the store.
    results: phase === 'results-unusable' || (phase === 'results' && image.replacing_mock !== true),
  };
  if (phase === 'task-undated') problems.push('midjourney_task does not say since when it runs');
  if (!wants.task && task !== null && Object.keys(task).length > 0)
    problems.push(`midjourney_task is set in phase ${phase}`);
  const answered = results !== null && Object.keys(results).length > 0;
  if (wants.results && !answered) problems.push(`midjourney_results is empty in phase ${phase}`);
  if (answered && phase !== 'results' && phase !== 'results-unusable')
    problems.push(`midjourney_results is set in phase ${phase}`);
  if (generation && phase !== 'submission') problems.push(`generation is true in phase ${phase}`);
  if (status !== null && phase !== 'timed-out') problems.push(`status is ${JSON.stringify(status)}`);
  return problems;
}

function ownProblems(image: ImageDocument, phase: Phase): string[] {
  const problems = Object.entries(ALLOWED_AT_REST)
    .filter(([key, phases]) => isSet(image[key]) && !phases.includes(phase))
    .map(([key]) => `${key} outlives its post: it is set in phase ${phase}`);
  const undefinedKeys = Object.keys(image).filter((key) => image[key] === undefined);
  problems.push(...undefinedKeys.map((key) => `${key} is undefined, which is no JSON`));
  const kind = image.submission?.kind;
  if ((kind === 'image' && phase === 'results') || (kind === 'video' && phase === 'submission'))
    problems.push(`a submission of kind ${kind} stands in phase ${phase}`);
  if (image.video_task && !image.picture) problems.push('video_task is set, but no picture is saved');
  if (image.video_task && typeof image.video_failure === 'string')
    problems.push('video_task and video_failure are both set');
  return problems;
}

/** S4: `generation: true` needs a post. The other phases without one are errors that M4 and M5 report and leave. */
function postProblems(phase: Phase, generation: GenerationDocument): string[] {
  return phase === 'submission' && generation.generation_id === null
    ? ['generation is true, but config_gen names no post']
    : [];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
