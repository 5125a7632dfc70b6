/**
 * C1–C5, D13, D14: topic, text, comment, poll and scene of one post. Each stage is paid for once: its intent is durable
 * before the model is asked, its answer before the next stage begins, so that a killed run goes on at the stage it was in.
 */
import type { z } from 'zod';
import { cutText } from '../domain/cut-text.ts';
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { ImageDocument } from '../domain/channel-state.ts';
import { progressOf } from '../domain/evidence.ts';
import type { Draft, TextStage } from '../domain/journal.ts';
import { MAX_UNKNOWN_OUTCOMES, TEXT_LIMIT } from '../domain/limits.ts';
import { failedTextCharge, textCharge } from '../domain/money.ts';
import { LABEL_LIMIT, pollSchema, sceneSchema, topicSchema, type Post } from '../domain/post.ts';
import { fillTemplate } from '../domain/prompt-template.ts';
import {
  availableFocuses,
  isTragic,
  labelsOf,
  shortFocus,
  type TopicsTracker,
} from '../domain/topics-tracker.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import { pick } from '../ports/random.ts';
import type { ModelAnswer, TextRequest } from '../ports/text-model.ts';
import type { StepContext, StepOutcome } from './context.ts';
import { failed, happened, isUselessAnswer, mayAskAgain } from './context.ts';
import { writePost } from './documents.ts';
import { mediaCallsAhead, textCall, textCallsAhead } from './paid-calls.ts';
import { readTracker, recordInTracker } from './tracker-document.ts';
import { groupIn } from './whereabouts.ts';

type ContentEvent = EventNamed<'content-written' | 'content-abandoned'>;

const EXCLUSIONS = 50;

interface Writing {
  readonly context: StepContext;
  readonly id: GenerationId;
  draft: Draft;
}

export async function writeContent(
  context: StepContext,
  id: GenerationId,
): Promise<StepOutcome<ContentEvent>> {
  const journal = await context.journal.read(id);
  if (!journal.ok) return failed(journal.failure);
  const writing: Writing = { context, id, draft: journal.value.draft ?? {} };
  if (writing.draft.intent) noteUnknownOutcome(writing);
  // Also when only the counts are left: the run that counted ended before the post was dropped.
  const hopeless = whyHopeless(writing);
  if (hopeless !== null) return drop(writing, hopeless);
  const tracker = await readTracker(context);
  if (!tracker.ok) return failed(tracker.failure);
  const written = await writeStages(writing, tracker.value.tracker);
  if (!written.ok)
    return whyHopeless(writing) === null ? failed(written.failure) : drop(writing, written.failure);
  const stored = await writePost(context, context.settings.folders.fresh, id, written.value);
  if (!stored.ok) return failed(stored.failure);
  const recorded = await recordInTracker(context, writing.draft, tracker.value);
  return recorded.ok ? happened({ type: 'content-written' }) : failed(recorded.failure);
}

/** I3, I6: why no more is paid for this post's text; null while it may still be written. */
function whyHopeless({ context, draft, id }: Writing): Failure | null {
  const { refused, unknown_outcomes: unknown = 0, useless_answers: useless = 0 } = draft;
  if (unknown > MAX_UNKNOWN_OUTCOMES) {
    const message = 'Twice nobody knows whether a text of this post was written';
    return failure('provider_outcome_unknown', message, { id }).failure;
  }
  if (refused !== undefined)
    return failure('provider_refused', `The model refuses to write the ${refused} of this post`, { id })
      .failure;
  if (useless <= context.settings.content.mostUselessAnswers) return null;
  return failure('provider_bad_answer', `${useless} answers in a row were of no use`, { id }).failure;
}

/** I4: the next main run begins another post, on a topic that the model may be more willing to write about. */
function drop({ id }: Writing, { code, message, where }: Failure): StepOutcome<ContentEvent> {
  const first = code === 'answer_truncated' ? 'Raise the token limit in the configuration. ' : '';
  const advice = `${first}The next main run begins another post with another topic.`;
  // A model's own words, which the message ends with, may end with a full stop.
  const reason = message.replace(/\.$/, '');
  const told = failure(code, `${reason}; the post is dropped`, { ...where, id }, { advice });
  return failed(told.failure, { type: 'content-abandoned' });
}

/** What it cost is settled where the money is counted. */
function noteUnknownOutcome(writing: Writing): void {
  forget(writing, 'intent');
  keep(writing, { unknown_outcomes: (writing.draft.unknown_outcomes ?? 0) + 1 });
}

/** Neither is wrong by itself, so that no check of the configuration shows more. */
function noFocusAdvice(tracker: string): string {
  return `Write subjects into CONTENT.focuses of the configuration, or into \`all_focuses\` of ${tracker} in the store.`;
}

async function writeStages(writing: Writing, tracker: TopicsTracker): Promise<Result<Post>> {
  const { context, draft } = writing;
  const focus = draft.focus ?? pick(context.random, availableFocuses(tracker).map(shortFocus));
  if (focus === undefined)
    return failure(
      'config_invalid',
      'There is no focus to write about: `all_focuses` of the tracker and CONTENT.focuses are empty',
      { key: context.settings.documents.topicsTracker },
      { advice: noFocusAdvice(context.settings.documents.topicsTracker) },
    );
  const tragic = isTragic(focus);
  keep(writing, { focus });
  context.payments.expect([
    ...textCallsAhead(context, writing.id, draft),
    ...mediaCallsAhead(context, writing.id),
  ]);

  const topic = await topicStage(writing, focus, tracker);
  if (!topic.ok) return topic;
  const text = await textStage(writing, topic.value.full_topic, tragic);
  if (!text.ok) return text;
  // A channel of pictures has no text to comment on.
  const subject = text.value === '' ? topic.value.full_topic : text.value;
  const comment = await commentStage(writing, subject, tragic);
  if (!comment.ok) return comment;
  const poll = await pollStage(writing, subject, tragic);
  if (!poll.ok) return poll;
  const scene = await sceneStage(writing, topic.value.full_topic);
  if (!scene.ok) return scene;
  return success({
    topic: topic.value.full_topic,
    content: text.value,
    sarcasm: { comment: comment.value, poll: poll.value },
    ...scene.value,
  });
}

async function topicStage(
  writing: Writing,
  focus: string,
  tracker: TopicsTracker,
): Promise<Result<z.infer<typeof topicSchema>>> {
  const { draft, context } = writing;
  if (draft.topic) return success(draft.topic);
  const settings = context.settings.content.topic;
  const plain = focus.replace(/\s*\([тt]\)\s*$/iu, '') || focus;
  if (!settings.enabled) {
    // Kept like an invented one: the tracker is told of it, and the text can be restored with it.
    const named = { full_topic: plain, short_topic: cutText(plain, LABEL_LIMIT) };
    keep(writing, { topic: named });
    return success(named);
  }
  const prompt = fillTemplate(settings.prompt, {
    focus_areas: plain,
    exclusions: labelsOf(tracker, focus).slice(-EXCLUSIONS).join(', '),
  });
  const request = {
    stage: 'topic',
    prompt,
    maxOutputTokens: context.settings.content.maxTextTokens,
    temperature: settings.temperature,
  };
  const answer = await fillStage(writing, 'topic', request, topicSchema);
  if (!answer.ok) return answer;
  const topic = { ...answer.value, full_topic: cutText(answer.value.full_topic, settings.maxCharacters) };
  keep(writing, { topic });
  return success(topic);
}

async function textStage(writing: Writing, topic: string, tragic: boolean): Promise<Result<string>> {
  const { content } = writing.context.settings;
  const settings = tragic && content.tragicText.enabled ? content.tragicText : content.text;
  if (!settings.enabled) return success('');
  if (writing.draft.text !== undefined) return success(writing.draft.text);
  const prompt = fillTemplate(settings.prompt, { topic });
  const answer = await ask(writing, 'text', {
    stage: 'text',
    prompt,
    maxOutputTokens: content.maxTextTokens,
    temperature: settings.temperature,
  });
  if (!answer.ok) return answer;
  const text = cutText(answer.value, settings.maxCharacters);
  keep(writing, { text });
  return success(text);
}

async function commentStage(writing: Writing, text: string, tragic: boolean): Promise<Result<string>> {
  const settings = writing.context.settings.content.comment;
  if (!settings.enabled) return success('');
  if (writing.draft.comment !== undefined) return success(writing.draft.comment);
  const prompt = fillTemplate(tragic ? settings.tragicPrompt : settings.prompt, { text });
  const temperature = tragic ? settings.tragicTemperature : settings.temperature;
  const answer = await ask(writing, 'comment', {
    stage: 'comment',
    prompt,
    maxOutputTokens: settings.maxTokens,
    temperature,
  });
  if (!answer.ok) return answer;
  const comment = cutText(answer.value, TEXT_LIMIT);
  keep(writing, { comment });
  return success(comment);
}

async function pollStage(
  writing: Writing,
  text: string,
  tragic: boolean,
): Promise<Result<z.infer<typeof pollSchema> | Record<string, never>>> {
  const settings = writing.context.settings.content.poll;
  if (!settings.enabled) return success({});
  if (writing.draft.poll) return success(writing.draft.poll);
  const prompt = fillTemplate(tragic ? settings.tragicPrompt : settings.prompt, { text });
  const temperature = tragic ? settings.tragicTemperature : settings.temperature;
  const answer = await fillStage(
    writing,
    'poll',
    { stage: 'poll', prompt, maxOutputTokens: settings.maxTokens, temperature },
    pollSchema,
  );
  if (answer.ok) keep(writing, { poll: answer.value });
  return answer;
}

async function sceneStage(writing: Writing, topic: string): Promise<Result<z.infer<typeof sceneSchema>>> {
  const { context, draft } = writing;
  if (draft.scene) return success(draft.scene);
  const settings = context.settings.content.scene;
  const creative = draft.creative_prompt ?? pick(context.random, settings.creativePrompts) ?? '';
  const restriction = draft.restriction ?? pick(context.random, settings.restrictions) ?? '';
  keep(writing, { creative_prompt: creative, restriction });
  // C3: templates of the older scripts have no place for what was chosen, and only speak of it.
  const unplaced = [
    ['{creative_prompt}', 'Creative approach', creative],
    ['{restriction}', 'Restriction', restriction],
  ].flatMap(([place = '', name, chosen]) =>
    chosen === '' || settings.prompt.includes(place) ? [] : [`${name}: ${chosen}`],
  );
  const filled = fillTemplate(settings.prompt, { topic, creative_prompt: creative, restriction });
  const prompt = [filled, ...unplaced].join('\n\n');
  const answer = await fillStage(
    writing,
    'scene',
    { stage: 'scene', prompt, maxOutputTokens: settings.maxTokens, temperature: settings.temperature },
    sceneSchema,
  );
  if (answer.ok) keep(writing, { scene: answer.value });
  return answer;
}

function ask(writing: Writing, stage: TextStage, request: TextRequest): Promise<Result<string>> {
  return paidStage(writing, stage, request, () => writing.context.textModel.write(request));
}

function fillStage<T>(
  writing: Writing,
  stage: TextStage,
  request: TextRequest,
  schema: z.ZodType<T>,
): Promise<Result<T>> {
  return paidStage(writing, stage, request, () => writing.context.textModel.fill(request, schema));
}

/** D13: a cut or malformed answer is asked for again within bounds; each request is paid for, and accounted for, by itself. */
async function paidStage<T>(
  writing: Writing,
  stage: TextStage,
  request: TextRequest,
  perform: () => Promise<Result<ModelAnswer<T>>>,
): Promise<Result<T>> {
  const { context, id } = writing;
  const { maxOutputTokens, prompt } = request;
  const call = textCall(context, id, stage, { characters: prompt.length, maxOutputTokens });
  for (let attempt = 0; ; attempt += 1) {
    keep(writing, { intent: { stage } });
    const answer = await context.payments.pay(
      call,
      perform,
      (value) => textCharge(context.prices, call.model, value, call.reserveUsd),
      (failed) => failedTextCharge(context.prices, call.model, failed, call.reserveUsd),
    );
    if (answer.ok) {
      forget(writing, 'intent', 'useless_answers');
      return success(answer.value.value);
    }
    noteFailure(writing, stage, answer.failure);
    const rests = attempt >= context.settings.content.answerRetries || whyHopeless(writing) !== null;
    if (rests || !mayAskAgain(answer.failure)) return answer;
    context.log.warn(`The ${stage} is asked for again`, { reason: answer.failure.message });
  }
}

/** The intent of an unknown outcome stays: it is counted by the next run, as that of a killed run is. */
function noteFailure(writing: Writing, stage: TextStage, { code, effect }: Failure): void {
  if (code === 'provider_outcome_unknown') return;
  forget(writing, 'intent');
  if (!isUselessAnswer({ code, effect })) return;
  keep(writing, {
    useless_answers: (writing.draft.useless_answers ?? 0) + 1,
    ...(code === 'provider_refused' ? { refused: stage } : {}),
  });
}

function keep(writing: Writing, change: Partial<Draft>): void {
  writing.draft = { ...writing.draft, ...change };
  writing.context.journal.amend(writing.id, { draft: writing.draft });
}

function forget(writing: Writing, ...names: readonly (keyof Draft)[]): void {
  const draft = { ...writing.draft };
  for (const name of names) delete draft[name];
  writing.draft = draft;
  writing.context.journal.amend(writing.id, { draft });
}

/** D6: the text of an earlier run lies in the store; only what comes after it, and is not ordered already, is to be done. */
export async function adoptContent(
  context: StepContext,
  id: GenerationId,
): Promise<StepOutcome<EventNamed<'content-adopted'>>> {
  const journal = await context.journal.read(id);
  if (!journal.ok) return failed(journal.failure);
  const tracker = await readTracker(context);
  if (!tracker.ok) return failed(tracker.failure);
  const recorded = await recordInTracker(context, journal.value.draft ?? {}, tracker.value);
  if (!recorded.ok) return failed(recorded.failure);
  const progress = await progressInStore(context, id);
  return progress.ok
    ? happened({ type: 'content-adopted', progress: progress.value })
    : failed(progress.failure);
}

/** Where the journal, and what lies in 666, show that the post stands. */
export async function progressInStore(
  context: StepContext,
  id: GenerationId,
): Promise<Result<Partial<ImageDocument>>> {
  const { fresh } = context.settings.folders;
  const journal = await context.journal.read(id);
  if (!journal.ok) return journal;
  const group = await groupIn(context, fresh, id);
  return group.ok ? success(progressOf(journal.value, group.value, fresh)) : group;
}
