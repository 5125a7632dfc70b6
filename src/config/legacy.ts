/**
 * Old configs hold values that providers have stopped taking since. They must load, and their owner must hear of it
 * before a paid picture is followed by a refused video.
 */
import {
  RUNWAY_MODELS,
  WITHDRAWN_RUNWAY_MODELS,
  nearestRunwayDuration,
  nearestRunwayRatio,
} from '../domain/runway-limits.ts';
import type { ConfigNote } from './problem.ts';
import { workOf } from './resolved.ts';
import type { Config } from './schema.ts';

/** Everything in a valid configuration that works differently today from when it was probably written. */
export function outdatedValues(
  raw: Readonly<Record<string, unknown>>,
  config: Config,
): readonly ConfigNote[] {
  return [
    ...runwayNotes(config),
    ...modelNotes(config),
    ...codecNotes(config),
    ...promptNotes(raw, config),
    ...leaseNotes(config),
  ];
}

/** The run would lose its lease, and with it an answer that it has paid for, in every run anew. */
function leaseNotes(config: Config): readonly ConfigNote[] {
  const { seconds, setting } = workOf(config);
  const { clock_bound_seconds: bound, lease_seconds: given } = config.WORKFLOW;
  const least = seconds + bound;
  if (given >= least) return [];
  const cause = setting === null ? 'a download' : setting;
  const message = `is ${given} seconds, too short for what a run does between two looks at its lease: ${seconds} (${cause} and a minute to be sure) beside ${bound} of clock_bound_seconds; ${least} are used`;
  const suggestion = `Write ${least} or more, or lower ${setting ?? 'WORKFLOW.clock_bound_seconds'}.`;
  return [{ kind: 'suspicious', path: 'WORKFLOW.lease_seconds', message, suggestion }];
}

function runwayNotes(config: Config): readonly ConfigNote[] {
  const model = config.API_KEYS.runwayml.model_name;
  const path = 'API_KEYS.runwayml.model_name';
  const successor = Object.hasOwn(WITHDRAWN_RUNWAY_MODELS, model)
    ? WITHDRAWN_RUNWAY_MODELS[model]
    : undefined;
  if (successor !== undefined) {
    const message = `names \`${model}\`, which Runway has withdrawn; every video would be a mock`;
    return [{ kind: 'outdated', path, message, suggestion: `Write \`${successor}\`.` }];
  }
  if (!Object.hasOwn(RUNWAY_MODELS, model)) {
    const message = `names \`${model}\`, whose ratios and durations are not known here; they are sent unchecked`;
    return [
      {
        kind: 'suspicious',
        path,
        message,
        suggestion: `Known models: ${Object.keys(RUNWAY_MODELS).join(', ')}.`,
      },
    ];
  }
  const { runway_ratio: ratio, runway_duration: duration } = config.VIDEO;
  const notes: ConfigNote[] = [];
  const nearest = nearestRunwayRatio(model, ratio);
  if (nearest !== ratio) {
    const message = `is \`${ratio}\`, which Runway does not take for ${model}; \`${nearest}\`, the nearest, is sent instead`;
    const all = RUNWAY_MODELS[model]?.ratios.join(', ') ?? '';
    notes.push({
      kind: 'outdated',
      path: 'VIDEO.runway_ratio',
      message,
      suggestion: `Write \`${nearest}\` (possible: ${all}).`,
    });
  }
  const nearestDuration = nearestRunwayDuration(model, duration);
  if (nearestDuration !== duration) {
    const message = `is ${duration} seconds, which ${model} does not make; ${nearestDuration} are asked for instead`;
    notes.push({
      kind: 'outdated',
      path: 'VIDEO.runway_duration',
      message,
      suggestion: `Write \`${nearestDuration}\`.`,
    });
  }
  return notes;
}

function modelNotes(config: Config): readonly ConfigNote[] {
  const { model } = config.OPENAI_SETTINGS;
  const other = config.API_KEYS.openai.model;
  if (model === null || other === null || model === other) return [];
  const message = `is \`${other}\`, but OPENAI_SETTINGS.model is \`${model}\`, which wins`;
  return [
    { kind: 'suspicious', path: 'API_KEYS.openai.model', message, suggestion: 'Remove one of the two.' },
  ];
}

function codecNotes(config: Config): readonly ConfigNote[] {
  const codec = config.VIDEO.mock_codec;
  if (/^(lib)?x264$|^h\.?264$|^avc1?$/i.test(codec)) return [];
  const message = `is \`${codec}\`; mock videos are always H.264`;
  return [
    { kind: 'outdated', path: 'VIDEO.mock_codec', message, suggestion: 'Write `libx264` or remove the key.' },
  ];
}

function promptNotes(raw: Readonly<Record<string, unknown>>, config: Config): readonly ConfigNote[] {
  const path = 'PROMPTS.user_prompt_combined';
  const template = config.PROMPTS.user_prompt_combined;
  const asksForChoice = template.includes('creative_prompts') && !template.includes('{creative_prompt}');
  if (!asksForChoice || raw['PROMPTS'] === undefined) return [];
  const message =
    'tells the model to choose from `creative_prompts`, which it cannot see; one is drawn and added after the prompt';
  return [
    {
      kind: 'outdated',
      path,
      message,
      suggestion: 'Write {creative_prompt} where the drawn approach belongs.',
    },
  ];
}
