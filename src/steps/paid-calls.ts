/**
 * Every paid call of a post, described before it is made: by whom, for what, and the most it can cost. One place, so
 * that what is reserved, what is announced and what a dry run foretells are the same figures.
 */
import type { GenerationId } from '../domain/generation-id.ts';
import type { Draft, TextStage } from '../domain/journal.ts';
import { textReserve, videoCost } from '../domain/money.ts';
import type { PlannedCall } from '../ports/payments.ts';
import type { StepContext } from './context.ts';

interface Named {
  readonly provider: string;
  readonly model: string;
}

type Needs = Pick<StepContext, 'settings' | 'prices'> &
  Readonly<Record<'textModel' | 'imageJudge' | 'imageTasks' | 'videoTasks', Named>>;

/** Midjourney paints four; the judge sees them all. */
const CANDIDATES = 4;
/** What is put into a prompt beside topic and text (labels to avoid, a focus), in characters. */
const INSERTED = 1_000;
const CHARACTERS_PER_TOKEN = 5;
/** Number and weight around the name of a criterion, in characters. */
const CRITERION_FRAME = 20;

export function textCall(
  { prices, textModel }: Pick<Needs, 'prices' | 'textModel'>,
  id: GenerationId,
  stage: TextStage,
  prompt: { readonly characters: number; readonly maxOutputTokens: number },
): PlannedCall {
  const { provider, model } = textModel;
  const reserveUsd = textReserve(prices, model, prompt.characters, prompt.maxOutputTokens);
  return { id, kind: 'text', stage, provider, model, reserveUsd };
}

/** `promptCharacters`: of instructions and description together; left out when they are not known yet. */
export function judgeCall(
  { imageJudge, prices, settings }: Pick<Needs, 'imageJudge' | 'prices' | 'settings'>,
  id: GenerationId,
  known?: { readonly promptCharacters: number; readonly pictures: number },
): PlannedCall {
  const { judge } = settings.picture;
  const description = settings.content.scene.maxTokens * CHARACTERS_PER_TOKEN;
  // The criteria, and how to answer, are added to what is known here.
  const criteria = judge.criteria.reduce((sum, { name }) => sum + name.length + CRITERION_FRAME, INSERTED);
  const characters = criteria + (known?.promptCharacters ?? judge.prompt.length + description);
  const { provider, model } = imageJudge;
  const pictures = known?.pictures ?? CANDIDATES;
  const reserveUsd = textReserve(prices, model, characters, judge.maxTokens, pictures);
  return { id, kind: 'judge', stage: 'judge', provider, model, reserveUsd };
}

export function imageCall(
  { imageTasks, prices }: Pick<Needs, 'imageTasks' | 'prices'>,
  id: GenerationId,
): PlannedCall {
  const { provider, model } = imageTasks;
  return { id, kind: 'image', stage: 'image', provider, model, reserveUsd: prices.image };
}

export function videoCall(
  { prices, settings, videoTasks }: Pick<Needs, 'prices' | 'settings' | 'videoTasks'>,
  id: GenerationId,
): PlannedCall {
  const { provider, model } = videoTasks;
  const reserveUsd = videoCost(prices, model, settings.video.duration);
  return { id, kind: 'video', stage: 'video', provider, model, reserveUsd };
}

/** The texts that the draft still lacks, in their order. Their prompts are not known yet, so these are the longest they can be. */
export function textCallsAhead(needs: Needs, id: GenerationId, draft: Draft): PlannedCall[] {
  const { content } = needs.settings;
  const { comment, poll, scene, text, topic, tragicText } = content;
  const textLength = Math.max(text.maxCharacters, tragicText.maxCharacters);
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const approach = longest(scene.creativePrompts) + longest(scene.restrictions);
  const stages: readonly [TextStage, boolean, number, number][] = [
    ['topic', topic.enabled, topic.prompt.length, content.maxTextTokens],
    [
      'text',
      text.enabled || tragicText.enabled,
      longest([text.prompt, tragicText.prompt]) + topic.maxCharacters,
      content.maxTextTokens,
    ],
    [
      'comment',
      comment.enabled,
      longest([comment.prompt, comment.tragicPrompt]) + textLength,
      comment.maxTokens,
    ],
    ['poll', poll.enabled, longest([poll.prompt, poll.tragicPrompt]) + textLength, poll.maxTokens],
    ['scene', true, scene.prompt.length + topic.maxCharacters + approach, scene.maxTokens],
  ];
  return stages
    .filter(([stage, enabled]) => enabled && draft[stage] === undefined)
    .map(([stage, , characters, maxOutputTokens]) =>
      textCall(needs, id, stage, { characters: characters + INSERTED, maxOutputTokens }),
    );
}

/** What follows a finished text, when nothing goes wrong. */
export function mediaCallsAhead(needs: Needs, id: GenerationId): PlannedCall[] {
  const judge = needs.settings.picture.judge.enabled ? [judgeCall(needs, id)] : [];
  return [imageCall(needs, id), ...judge, videoCall(needs, id)];
}
