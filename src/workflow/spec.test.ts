/**
 * SPEC.md is the oracle: its rows are evaluated by the meanings below, which are written from the requirements and share
 * nothing with the code, and the outcome is compared with `phaseOf` and `decide` over every combination that matters.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ANSWER,
  EVENT_TYPES,
  IDLE,
  LATE,
  MOMENT,
  NOW,
  PICTURE,
  POLICY,
  POST,
  SAMPLES,
  SPEC,
  stateOf,
  USELESS,
  VIDEO_TASK,
} from '../../test/support/channel-samples.ts';
import { markdownTable } from '../../test/support/markdown-table.ts';
import type { ChannelState, ImageDocument } from '../domain/channel-state.ts';
import { decide, type Action, type RunFacts } from './decide.ts';
import { ALLOWED_AT_REST, restProblems } from './invariants.ts';
import { phaseOf, PHASES, type Phase } from './phase.ts';
import type { Policy } from './policy.ts';
import { isPossible } from './transition.ts';

interface Case {
  readonly state: ChannelState;
  readonly facts: RunFacts;
  readonly policy: Policy;
}
type Meaning = (given: Case) => boolean;

const given = (value: unknown): boolean => value !== undefined && value !== null;

/** Phases: what each condition of section 1 means for the document. */
const PHASE_MEANINGS: Readonly<Record<string, (image: ImageDocument) => boolean>> = {
  'status is timed_out_mock_needed': (image) => image.status === 'timed_out_mock_needed',
  'a picture is saved': (image) => given(image.picture),
  'the answer holds a usable address': (image) => image.midjourney_results === ANSWER,
  'a task with its moment is stored': ({ midjourney_task: task }) =>
    typeof task === 'object' && task !== null && typeof task['requested_at_utc'] === 'string',
  'a task without its moment is stored': ({ midjourney_task: task }) =>
    typeof task === 'string' ||
    (typeof task === 'object' && task !== null && 'task_id' in task && !('requested_at_utc' in task)),
  'generation is true': (image) => image.generation,
  'the answer is not empty': (image) => Object.keys(image.midjourney_results ?? {}).length > 0,
  otherwise: () => true,
};

/** Decisions: what each condition of section 2 means. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  'the run has done its tasks': ({ facts, policy }) => facts.tasksProcessed >= policy.maxTasksPerRun,
  'this run asked after the task': ({ facts }) => facts.imageCheck !== 'unasked',
  'this run has not asked after the task': ({ facts }) => facts.imageCheck === 'unasked',
  'no post is named': ({ state }) => state.generation.generation_id === null,
  'no picture is saved': ({ state }) => !given(state.image.picture),
  'fetching failed too often': ({ state, policy }) =>
    Number(state.image.picture_failures ?? 0) > policy.maxRetries,
  'a mock is being replaced': ({ state }) => state.image.replacing_mock === true,
  'the video has failed': ({ state }) => given(state.image.video_failure),
  'a video task is stored': ({ state }) => given(state.image.video_task),
  'a video intent was left behind': ({ state }) => state.image.submission?.kind === 'video',
  'its moment cannot be right': ({ state, facts }) =>
    momentOf(state) === 'nonsense' || Date.parse(momentOf(state)) > facts.now.getTime() + 600_000,
  'the task is older than the timeout': ({ state, facts, policy }) =>
    facts.now.getTime() > Date.parse(momentOf(state)) + policy.imageTimeoutSeconds * 1000,
  'the task is pending': ({ facts }) => facts.imageCheck === 'pending',
  'an image intent was left behind': ({ state }) => state.image.submission?.kind === 'image',
  'the picture failed too often': ({ state, policy }) =>
    Number(state.image.attempts ?? 0) > policy.maxRetries,
  'the outcome was unknown too often': ({ state }) => Number(state.image.unknown_outcomes ?? 0) > 1,
  'the pause after a failure lasts': ({ state, facts }) =>
    given(state.image.retry_after_utc) &&
    Date.parse(String(state.image.retry_after_utc)) > facts.now.getTime() &&
    Date.parse(String(state.image.retry_after_utc)) <= facts.now.getTime() + 86_400_000,
  'late tasks were not asked after': ({ state, facts, policy }) =>
    policy.replaceMockWithLateResult && !facts.lateChecked && (state.image.late_tasks ?? []).length > 0,
  'this is a check run': ({ facts }) => facts.mode === 'check',
  'nothing was tidied yet': ({ facts }) => facts.survey === null,
  'a ready group lies in 666': ({ facts }) => facts.survey?.readyInFresh === true,
  'the post is complete': ({ facts }) => facts.survey?.activePost === 'ready',
  "the post's text is saved": ({ facts }) => facts.survey?.activePost === 'content',
  otherwise: () => true,
};

function momentOf(state: ChannelState): string {
  const task = state.image.midjourney_task;
  return typeof task === 'object' && task !== null ? String(task['requested_at_utc']) : 'nonsense';
}

const PHASE_ROWS = markdownTable(SPEC, 'Phase', 'Scenario');
const DECISION_ROWS = markdownTable(SPEC, '#', 'Scenario');

function expectedPhase(image: ImageDocument): string | undefined {
  return PHASE_ROWS.find((row) => meaning(PHASE_MEANINGS, row['When'] ?? '')(image))?.['Phase'];
}

function expectedRow(phase: Phase, sample: Case): Record<string, string> {
  const found = DECISION_ROWS.find(
    (row) =>
      (row['Phase'] === 'any' || row['Phase'] === phase) &&
      (row['When'] ?? '').split(', ').every((condition) => meaning(MEANINGS, condition)(sample)),
  );
  if (!found) throw new Error(`no row of SPEC.md fits phase ${phase}`);
  return found;
}

function meaning<M>(meanings: Readonly<Record<string, M>>, condition: string): M {
  const found = meanings[condition];
  if (found === undefined) throw new Error(`SPEC.md uses a condition without a meaning: ${condition}`);
  return found;
}

function nameOf(action: Action): string {
  if (action.type === 'stop') return `stop: ${action.reason}`;
  return action.type === 'record' ? `record: ${action.event.type}` : action.type;
}

function product<T extends Record<string, readonly unknown[]>>(
  choices: T,
): { [K in keyof T]: T[K][number] }[] {
  let rows: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(choices))
    rows = rows.flatMap((row) => values.map((value) => Object.assign({}, row, { [name]: value })));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built key by key from `choices`.
  return rows as { [K in keyof T]: T[K][number] }[];
}

const before = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();
const INTENT = { intent_id: 'i', at_utc: MOMENT };
const RETRIES = [0, POLICY.maxRetries, POLICY.maxRetries + 1];

/** Every key that a phase's or decision's condition looks at, with the values on both sides of each border. */
const KEYS = {
  status: [null, 'timed_out_mock_needed', 'something else'],
  midjourney_results: [{}, null, ANSWER, USELESS],
  midjourney_task: [
    null,
    {},
    'image-1',
    { task_id: 'image-1' },
    { task_id: 'image-1', requested_at_utc: 'nonsense' },
    { task_id: 'image-1', requested_at_utc: before(-600) },
    { task_id: 'image-1', requested_at_utc: before(-601) },
    { task_id: 'image-1', requested_at_utc: before(60) },
    { task_id: 'image-1', requested_at_utc: before(POLICY.imageTimeoutSeconds) },
    { task_id: 'image-1', requested_at_utc: before(POLICY.imageTimeoutSeconds + 1) },
  ],
  generation: [false, true],
  picture: [null, PICTURE],
  video_failure: [undefined, null, '', 'tired'],
  video_task: [null, VIDEO_TASK],
  submission: [null, { kind: 'image', ...INTENT }, { kind: 'video', ...INTENT }],
  attempts: RETRIES,
  unknown_outcomes: [undefined, 1, 2],
  picture_failures: RETRIES,
  replacing_mock: [undefined, true],
  retry_after_utc: [null, before(1), before(0), before(-1), before(-86_400), before(-86_401)],
  late_tasks: [undefined, [LATE]],
} as const;

const FACTS = {
  id: [null, POST],
  mode: ['main', 'check'],
  tasksProcessed: [0, 1, 2],
  survey: [
    null,
    ...product({ readyInFresh: [false, true], activePost: ['absent', 'content', 'ready'] as const }),
  ],
  lateChecked: [false, true],
  imageCheck: ['unasked', 'pending', 'failed'],
  replaceMockWithLateResult: [false, true],
} as const;

type Choice = { -readonly [K in keyof typeof KEYS]?: (typeof KEYS)[K][number] } & {
  -readonly [K in keyof typeof FACTS]?: (typeof FACTS)[K][number];
};

function caseOf(choice: Choice): Case {
  const { id = POST, mode = 'main', tasksProcessed = 0, survey = null, lateChecked = false } = choice;
  const { imageCheck = 'unasked', replaceMockWithLateResult = true } = choice;
  const names = Object.keys(KEYS);
  const keys = Object.entries(choice).filter(([name, value]) => names.includes(name) && value !== undefined);
  const image: ImageDocument = { ...IDLE, ...Object.fromEntries(keys) };
  return {
    state: stateOf(image, id),
    facts: { mode, tasksProcessed, survey, lateChecked, imageCheck, now: NOW },
    policy: { ...POLICY, replaceMockWithLateResult },
  };
}

const SEEN = new Set<string>();

function check(choice: Choice): void {
  const sample = caseOf(choice);
  const phase = phaseOf(sample.state.image);
  const row = expectedRow(phase, sample);
  SEEN.add(row['#'] ?? '');
  const action = decide(sample.state, sample.facts, sample.policy);
  if (nameOf(action) !== row['Action'])
    expect.fail(
      `row ${row['#']} says ${row['Action']}, decide says ${nameOf(action)}: ${JSON.stringify(choice)}`,
    );
  if ('id' in action && action.id !== sample.state.generation.generation_id) expect.fail('another post');
  if (action.type === 'record' && !isPossible(phase, action.event.type))
    expect.fail(`${action.event.type} is decided but cannot happen in phase ${phase}`);
}

describe('M3 SPEC.md against phaseOf', () => {
  test('every combination of what a phase looks at', () => {
    const { status, midjourney_results, midjourney_task, generation, picture } = KEYS;
    const choices = product({ status, midjourney_results, midjourney_task, generation, picture });
    expect(choices).toHaveLength(3 * 4 * 10 * 2 * 2);
    for (const choice of choices) {
      const { image } = caseOf(choice).state;
      expect(phaseOf(image), JSON.stringify(choice)).toBe(expectedPhase(image));
    }
  });

  test('the phases and their order are those of the code', () => {
    expect([...new Set(PHASE_ROWS.map((row) => row['Phase']))]).toEqual([...PHASES]);
  });
});

describe('SPEC.md against decide, all combinations of what a phase depends on', () => {
  const everywhere = { id: FACTS.id, mode: FACTS.mode, imageCheck: FACTS.imageCheck };
  const { submission, attempts, unknown_outcomes, retry_after_utc, late_tasks } = KEYS;

  test('M4 R2 scenario 0, timed out', () => {
    for (const choice of product({ ...everywhere, tasksProcessed: FACTS.tasksProcessed }))
      check({ ...choice, status: 'timed_out_mock_needed' });
  });

  test('M5 P4 P5 P6 scenario 3, results', () => {
    const { picture, video_failure, video_task, picture_failures, midjourney_results, replacing_mock } = KEYS;
    const media = { picture, video_failure, video_task, picture_failures, replacing_mock };
    const keys = { ...media, midjourney_results, submission };
    for (const choice of product({ ...everywhere, ...keys })) {
      if (choice.picture !== null || choice.midjourney_results === ANSWER) check(choice);
    }
  });

  test('M6 D7 W1 W2 scenario 2, a task', () => {
    for (const choice of product({ ...everywhere, midjourney_task: KEYS.midjourney_task.slice(2) }))
      check(choice);
  });

  test('M7 D4 I3 scenario 4, submission', () => {
    const keys = { submission, attempts, unknown_outcomes, retry_after_utc };
    for (const choice of product({ ...everywhere, ...keys })) check({ ...choice, generation: true });
  });

  test('D5 an answer of no use', () => {
    for (const choice of product({ ...everywhere, attempts }))
      check({ ...choice, midjourney_results: USELESS });
  });

  test('M8 D2 D6 scenario 1, idle', () => {
    const { survey, lateChecked, replaceMockWithLateResult, tasksProcessed } = FACTS;
    const facts = { survey, lateChecked, replaceMockWithLateResult, tasksProcessed };
    for (const choice of product({ ...everywhere, ...facts, late_tasks })) check(choice);
  });

  test('no row of SPEC.md is dead', () => {
    expect(DECISION_ROWS.map((row) => row['#']).filter((number) => !SEEN.has(number ?? ''))).toEqual([]);
  });

  test('any mixture of all keys, also those that should never meet', () => {
    const anything = Object.fromEntries(
      Object.entries({ ...KEYS, ...FACTS }).map(([name, values]) => [
        name,
        fc.constantFrom<unknown>(...values),
      ]),
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built key by key from KEYS and FACTS.
    const choices = fc.record(anything) as fc.Arbitrary<Choice>;
    fc.assert(fc.property(choices, check), { numRuns: 5_000 });
  });
});

describe('what an action carries', () => {
  test('await-video and check-image carry the stored task, also without a post', () => {
    const waiting = caseOf({ midjourney_results: ANSWER, picture: PICTURE, video_task: VIDEO_TASK });
    expect(decide(waiting.state, waiting.facts, POLICY)).toEqual({
      type: 'await-video',
      id: POST,
      task: VIDEO_TASK,
    });
    const painted = caseOf({ midjourney_task: KEYS.midjourney_task[5], id: null });
    expect(decide(painted.state, painted.facts, POLICY)).toEqual({
      type: 'check-image',
      id: null,
      task: KEYS.midjourney_task[5],
    });
  });

  test('P6 the reason of a mock video is the one that was recorded', () => {
    const failed = caseOf({ picture: PICTURE, video_failure: 'tired', video_task: VIDEO_TASK });
    expect(decide(failed.state, failed.facts, POLICY)).toEqual({
      type: 'make-mock-video',
      id: POST,
      reason: 'tired',
    });
  });
});

describe('S4 I5 section 4 of SPEC.md', () => {
  test('the keys that may stand at rest are those of invariants.ts', () => {
    const written = markdownTable(SPEC, 'Key', 'Allowed in').filter((row) => row['Allowed in'] !== 'any');
    expect(Object.fromEntries(written.map((row) => [row['Key'], row['Allowed in']?.split(', ')]))).toEqual(
      ALLOWED_AT_REST,
    );
  });

  test('section 5 speaks of events that exist', () => {
    const names = markdownTable(SPEC, 'Event', 'Written').flatMap(
      (row) => row['Event']?.match(/[a-z]+(-[a-z]+)+/g) ?? [],
    );
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !EVENT_TYPES.some((type) => type === name))).toEqual([]);
  });
});

describe('S4 restProblems', () => {
  const post = { generation_id: POST };

  test('the five states are at rest', () => {
    for (const phase of ['timed-out', 'results', 'task', 'submission', 'results-unusable', 'idle'] as const)
      for (const image of SAMPLES[phase].filter(
        (sample) => !('replacing_mock' in sample && sample.generation),
      ))
        expect(restProblems(image, post), phase).toEqual([]);
  });

  test.each<[string, Partial<ImageDocument>]>([
    ['midjourney_task does not say', { midjourney_task: 'image-1' }],
    ['midjourney_task is set', { midjourney_task: VIDEO_TASK, status: 'timed_out_mock_needed' }],
    ['midjourney_results is set', { midjourney_results: USELESS, generation: true }],
    ['midjourney_results is empty', { picture: PICTURE }],
    ['generation is true', { generation: true, midjourney_task: VIDEO_TASK }],
    ['status is "odd"', { status: 'odd' }],
    ['attempts outlives', { attempts: 1 }],
    ['picture outlives', { status: 'timed_out_mock_needed', picture: PICTURE }],
    ['submission of kind video', { generation: true, submission: { kind: 'video', ...INTENT } }],
    ['submission of kind image', { midjourney_results: ANSWER, submission: { kind: 'image', ...INTENT } }],
    ['no picture is saved', { midjourney_results: ANSWER, video_task: VIDEO_TASK }],
    [
      'both set',
      { midjourney_results: ANSWER, picture: PICTURE, video_task: VIDEO_TASK, video_failure: 'x' },
    ],
  ])('names the problem: %s', (text, change) => {
    expect(restProblems({ ...IDLE, ...change }, post).join('\n')).toContain(text);
  });

  test('generation without a post, and undefined in a document, are problems', () => {
    expect(restProblems({ ...IDLE, generation: true }, { generation_id: null })).toEqual([
      'generation is true, but config_gen names no post',
    ]);
    const broken = Object.assign({ ...IDLE }, { stray: undefined });
    expect(restProblems(broken, post)).toEqual(['stray is undefined, which is no JSON']);
  });
});
