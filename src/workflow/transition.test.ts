/** The truth table of `transition`: every phase against every event, as SPEC.md has it. */
import { describe, expect, test } from 'vitest';
import { markdownTable } from '../../test/support/markdown-table.ts';
import {
  EVENT_TYPES,
  EVENTS,
  NOW,
  POLICY,
  POST,
  SAMPLES,
  SPEC,
  STRANGERS,
  stateOf,
} from '../../test/support/channel-samples.ts';
import type { ChannelState, ImageDocument } from '../domain/channel-state.ts';
import type { EventType, WorkflowEvent } from '../domain/workflow-event.ts';
import { restProblems } from './invariants.ts';
import { phaseOf, PHASES, type Phase } from './phase.ts';
import { ImpossibleTransition, isPossible, transition } from './transition.ts';

const NEVER = null;

/** Every cell; the compiler refuses a missing one. The phases that the event may lead to. */
const TABLE = {
  'timed-out': {
    'id-minted': NEVER,
    'content-written': NEVER,
    'content-adopted': NEVER,
    'content-abandoned': NEVER,
    'submission-intended': NEVER,
    'submission-withdrawn': NEVER,
    'image-requested': NEVER,
    'image-refused': NEVER,
    'image-outcome-unknown': NEVER,
    'image-answered': NEVER,
    'image-unusable': NEVER,
    'image-timed-out': NEVER,
    'image-given-up': NEVER,
    'task-adopted': NEVER,
    'inconsistency-cleared': NEVER,
    'picture-saved': NEVER,
    'picture-failed': NEVER,
    'video-requested': NEVER,
    'video-outcome-unknown': NEVER,
    'video-failed': NEVER,
    'media-saved': ['idle'],
    'post-finished': ['idle'],
    'late-result': NEVER,
    'late-task-dropped': NEVER,
  },
  results: {
    'id-minted': NEVER,
    'content-written': NEVER,
    'content-adopted': NEVER,
    'content-abandoned': NEVER,
    'submission-intended': ['results'],
    'submission-withdrawn': ['results'],
    'image-requested': NEVER,
    'image-refused': NEVER,
    'image-outcome-unknown': NEVER,
    'image-answered': NEVER,
    'image-unusable': NEVER,
    'image-timed-out': NEVER,
    'image-given-up': ['timed-out', 'idle'],
    'task-adopted': NEVER,
    'inconsistency-cleared': NEVER,
    'picture-saved': ['results'],
    'picture-failed': ['results', 'submission', 'idle'],
    'video-requested': ['results'],
    'video-outcome-unknown': ['results'],
    'video-failed': ['results'],
    'media-saved': ['idle'],
    'post-finished': ['idle'],
    'late-result': NEVER,
    'late-task-dropped': NEVER,
  },
  task: {
    'id-minted': NEVER,
    'content-written': NEVER,
    'content-adopted': NEVER,
    'content-abandoned': NEVER,
    'submission-intended': NEVER,
    'submission-withdrawn': NEVER,
    'image-requested': NEVER,
    'image-refused': NEVER,
    'image-outcome-unknown': NEVER,
    'image-answered': ['results', 'results-unusable'],
    'image-unusable': NEVER,
    'image-timed-out': ['timed-out'],
    'image-given-up': NEVER,
    'task-adopted': ['task'],
    'inconsistency-cleared': NEVER,
    'picture-saved': NEVER,
    'picture-failed': NEVER,
    'video-requested': NEVER,
    'video-outcome-unknown': NEVER,
    'video-failed': NEVER,
    'media-saved': NEVER,
    'post-finished': NEVER,
    'late-result': NEVER,
    'late-task-dropped': NEVER,
  },
  'task-undated': {
    'id-minted': NEVER,
    'content-written': NEVER,
    'content-adopted': NEVER,
    'content-abandoned': NEVER,
    'submission-intended': NEVER,
    'submission-withdrawn': NEVER,
    'image-requested': NEVER,
    'image-refused': NEVER,
    'image-outcome-unknown': NEVER,
    'image-answered': NEVER,
    'image-unusable': NEVER,
    'image-timed-out': NEVER,
    'image-given-up': NEVER,
    'task-adopted': ['task'],
    'inconsistency-cleared': NEVER,
    'picture-saved': NEVER,
    'picture-failed': NEVER,
    'video-requested': NEVER,
    'video-outcome-unknown': NEVER,
    'video-failed': NEVER,
    'media-saved': NEVER,
    'post-finished': NEVER,
    'late-result': NEVER,
    'late-task-dropped': NEVER,
  },
  submission: {
    'id-minted': NEVER,
    'content-written': NEVER,
    'content-adopted': NEVER,
    'content-abandoned': NEVER,
    'submission-intended': ['submission'],
    'submission-withdrawn': ['submission'],
    'image-requested': ['task'],
    'image-refused': ['submission'],
    'image-outcome-unknown': ['submission'],
    'image-answered': NEVER,
    'image-unusable': NEVER,
    'image-timed-out': NEVER,
    'image-given-up': ['timed-out', 'idle'],
    'task-adopted': NEVER,
    'inconsistency-cleared': ['idle'],
    'picture-saved': NEVER,
    'picture-failed': NEVER,
    'video-requested': NEVER,
    'video-outcome-unknown': NEVER,
    'video-failed': NEVER,
    'media-saved': NEVER,
    'post-finished': ['idle'],
    'late-result': NEVER,
    'late-task-dropped': NEVER,
  },
  'results-unusable': {
    'id-minted': NEVER,
    'content-written': NEVER,
    'content-adopted': NEVER,
    'content-abandoned': NEVER,
    'submission-intended': NEVER,
    'submission-withdrawn': NEVER,
    'image-requested': NEVER,
    'image-refused': NEVER,
    'image-outcome-unknown': NEVER,
    'image-answered': NEVER,
    'image-unusable': ['submission', 'idle'],
    'image-timed-out': NEVER,
    'image-given-up': NEVER,
    'task-adopted': NEVER,
    'inconsistency-cleared': ['idle'],
    'picture-saved': NEVER,
    'picture-failed': NEVER,
    'video-requested': NEVER,
    'video-outcome-unknown': NEVER,
    'video-failed': NEVER,
    'media-saved': NEVER,
    'post-finished': NEVER,
    'late-result': NEVER,
    'late-task-dropped': NEVER,
  },
  idle: {
    'id-minted': ['idle'],
    'content-written': ['submission'],
    'content-adopted': ['submission', 'task', 'results', 'timed-out'],
    'content-abandoned': ['idle'],
    'submission-intended': NEVER,
    'submission-withdrawn': NEVER,
    'image-requested': NEVER,
    'image-refused': NEVER,
    'image-outcome-unknown': NEVER,
    'image-answered': NEVER,
    'image-unusable': NEVER,
    'image-timed-out': NEVER,
    'image-given-up': NEVER,
    'task-adopted': NEVER,
    'inconsistency-cleared': NEVER,
    'picture-saved': NEVER,
    'picture-failed': NEVER,
    'video-requested': NEVER,
    'video-outcome-unknown': NEVER,
    'video-failed': NEVER,
    'media-saved': NEVER,
    'post-finished': ['idle'],
    'late-result': ['results'],
    'late-task-dropped': ['idle'],
  },
} as const satisfies Record<Phase, Record<EventType, readonly Phase[] | null>>;

const CELLS = PHASES.flatMap((phase) => EVENT_TYPES.map((event) => ({ phase, event })));

function statesOf(phase: Phase): ChannelState[] {
  const images: readonly ImageDocument[] = SAMPLES[phase];
  return images.map((image) => stateOf(image, phase === 'idle' ? null : POST));
}

describe('the truth table', () => {
  test('the samples are of the phase under which they stand', () => {
    for (const phase of PHASES) for (const state of statesOf(phase)) expect(phaseOf(state.image)).toBe(phase);
  });

  test.each(CELLS)('$event in phase $phase', ({ phase, event }) => {
    const expected: readonly Phase[] | null = TABLE[phase][event];
    expect(isPossible(phase, event)).toBe(expected !== null);
    const reached = new Set<Phase>();
    for (const state of statesOf(phase)) {
      for (const happening of EVENTS[event]) {
        const before = structuredClone(state);
        if (expected === null) {
          expect(() => transition(state, happening, POLICY, NOW)).toThrow(ImpossibleTransition);
          continue;
        }
        const after = transition(state, happening, POLICY, NOW);
        reached.add(phaseOf(after.image));
        expect(state, 'the state before must stay as it was').toEqual(before);
        expect(after.image).toMatchObject(STRANGERS);
        expect(after.generation).toMatchObject(STRANGERS);
        expect(JSON.parse(JSON.stringify(after)), 'no undefined in a document').toStrictEqual(after);
      }
    }
    expect([...reached].sort()).toEqual([...(expected ?? [])].sort());
  });

  test('SPEC.md shows the same table', () => {
    const rows = markdownTable(SPEC, 'Event', ...PHASES);
    const written = Object.fromEntries(
      PHASES.map((phase) => [
        phase,
        Object.fromEntries(
          rows.map((row) => [row['Event'], row[phase] === '–' ? null : row[phase]?.split(', ')]),
        ),
      ]),
    );
    expect(written).toEqual(TABLE);
  });

  test('S4 from a state at rest every possible event leads to a state at rest', () => {
    for (const { phase, event } of CELLS) {
      if (TABLE[phase][event] === null || phase === 'task-undated') continue;
      for (const state of statesOf(phase).filter(
        (sample) => restProblems(sample.image, sample.generation).length === 0,
      )) {
        for (const happening of EVENTS[event]) {
          if (!fits(phase, state.image, happening)) continue;
          const after = transition(state, happening, POLICY, NOW);
          const generation = ['content-written', 'content-adopted'].includes(event)
            ? { generation_id: POST }
            : after.generation;
          expect(restProblems(after.image, generation), `${event} in ${phase}`).toEqual([]);
        }
      }
    }
  });
});

/** What no step reports: an image intent in phase results, a video event before there is a picture. */
function fits(phase: Phase, image: ImageDocument, event: WorkflowEvent): boolean {
  if (event.type === 'submission-intended') return event.kind === (phase === 'results' ? 'video' : 'image');
  if (event.type === 'video-requested') return Boolean(image.picture);
  return true;
}
