/**
 * P4: fetch the candidates, let a vision model choose, fit the winner and store it. The choice, with every score, goes
 * into the post; a judge that fails costs the choice, not the post: the first picture is taken, and the post says so.
 */
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { failedTextCharge, textCharge } from '../domain/money.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import type { ImageChoice } from '../domain/post.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import type { JudgeRequest } from '../ports/image-judge.ts';
import type { PlannedCall } from '../ports/payments.ts';
import type { ModelAnswer } from '../ports/text-model.ts';
import {
  failed,
  happened,
  isNotAnAttempt,
  mayAskAgain,
  type StepContext,
  type StepOutcome,
} from './context.ts';
import { seenPost } from './documents.ts';
import { describeMedia, folderOfPost, noFolder, uploadPart } from './media-files.ts';
import { judgeCall, videoCall } from './paid-calls.ts';
import {
  chosen,
  inOwnNumbers,
  numbered,
  stillThere,
  type Candidate,
  type Candidates,
} from './picture-choice.ts';
import { noText } from './whereabouts.ts';

type PictureEvent = EventNamed<'picture-saved' | 'picture-failed' | 'image-given-up' | 'post-finished'>;

/** A download takes up to five minutes, and there may be sixteen: the run must end before those who started it end it. */
const FETCHING_SECONDS = 900;

export interface PictureInput {
  readonly id: GenerationId;
  /** `midjourney_results` */
  readonly answer: Readonly<Record<string, unknown>>;
  readonly replacing: boolean;
}

export async function choosePicture(
  context: StepContext,
  input: PictureInput,
): Promise<StepOutcome<PictureEvent>> {
  const folder = await folderOfPost(context, input.id, input.replacing);
  if (!folder.ok) return noFolder(context, input.id, folder.failure);
  const text = await seenPost(context, folder.value, input.id);
  if (!text.ok) return noText(context, input.id, text.failure);
  return context.workspace.withFolder(`picture-${input.id}`, async (path) => {
    const pictures = await fetchCandidates(context, input, path);
    if (!pictures.ok) return notFetched(pictures.failure);
    const choice = await chooseBest(context, input.id, folder.value, pictures.value);
    if (!choice.ok) return failed(choice.failure);
    const winner = numbered(pictures.value, choice.value.winner) ?? pictures.value[0];
    const held = await context.keepLease();
    if (!held.ok) return failed(held.failure);
    const { width, height } = context.settings.picture;
    const fitted = await context.renderer.fitPicture(winner.file, path('fitted.png'), { width, height });
    if (!fitted.ok) return failed(fitted.failure, { type: 'picture-failed' });
    const still = await folderOfPost(context, input.id, input.replacing);
    if (!still.ok) return noFolder(context, input.id, still.failure);
    const uploaded = await uploadPart(context, still.value, input.id, 'midjourney', path('fitted.png'));
    if (!uploaded.ok) return failed(uploaded.failure);
    const taskId = input.answer['task_id'];
    const media = {
      image: 'midjourney' as const,
      ...(typeof taskId === 'string' ? { image_task_id: taskId } : {}),
    };
    const described = await describeMedia(context, still.value, input.id, {
      media,
      post: { image_choice: choice.value },
    });
    if (!described.ok) return failed(described.failure);
    return happened({
      type: 'picture-saved',
      picture: { source: 'midjourney', candidate: winner.number },
    });
  });
}

/** Only what went wrong with the pictures counts towards giving them up. */
function notFetched(problem: Failure): StepOutcome<PictureEvent> {
  return isNotAnAttempt(problem) ? failed(problem) : failed(problem, { type: 'picture-failed' });
}

/** The pictures that could be fetched; a failure only when none could. */
async function fetchCandidates(
  context: StepContext,
  input: PictureInput,
  path: (name: string) => string,
): Promise<Result<Candidates>> {
  const candidates = imageCandidates({ ...input.answer });
  if (candidates === null)
    return failure('provider_bad_answer', 'The answer holds no usable picture', { id: input.id });
  const files: Candidate[] = [];
  let problem: Result<never> = failure('download_failed', 'No picture could be fetched', { id: input.id });
  const begun = context.clock.monotonicSeconds();
  for (const [index, url] of candidates.urls.entries()) {
    if (context.clock.monotonicSeconds() - begun > FETCHING_SECONDS) break;
    const file = path(`candidate-${index + 1}`);
    const fetched = await context.downloads.fetchFile(url, file, 'picture');
    if (fetched.ok) files.push({ number: index + 1, file });
    else {
      problem = fetched;
      context.log.warn('A candidate could not be fetched', { failure: fetched.failure });
    }
    // Several slow downloads outlast the lease, and then not even their failure could be written down.
    const held = await context.keepLease();
    if (!held.ok) return held;
  }
  const [first, ...others] = files;
  if (first === undefined) return problem;
  return candidates.grid ? quartersOf(context, first.file, path) : success([first, ...others]);
}

async function quartersOf(
  context: StepContext,
  grid: string,
  path: (name: string) => string,
): Promise<Result<Candidates>> {
  const files = [
    path('quarter-1.png'),
    path('quarter-2.png'),
    path('quarter-3.png'),
    path('quarter-4.png'),
  ] as const;
  const split = await context.renderer.splitGrid(grid, files);
  if (!split.ok) return split;
  const [first, ...others] = files;
  return success([{ number: 1, file: first }, ...others.map((file, index) => ({ number: index + 2, file }))]);
}

async function chooseBest(
  context: StepContext,
  id: GenerationId,
  folder: string,
  pictures: Candidates,
): Promise<Result<ImageChoice>> {
  const { settings, journal, payments } = context;
  const { judge } = settings.picture;
  const known = await journal.read(id);
  if (!known.ok) return known;
  const earlier = known.value.image_choice;
  if (earlier) return success(stillThere(earlier, pictures));
  const [first] = pictures;
  if (pictures.length === 1) return success(chosen(first, 'There was one picture to choose from.'));
  if (!judge.enabled) return success(chosen(first, 'The judge is switched off.'));
  const post = await seenPost(context, folder, id);
  if (!post.ok) return post;
  const request = {
    pictures: pictures.map(({ file }) => file),
    prompt: post.value.first_frame_description ?? '',
    instructions: judge.prompt,
    criteria: judge.criteria,
    maxOutputTokens: judge.maxTokens,
  };
  const promptCharacters = request.instructions.length + request.prompt.length;
  const call = judgeCall(context, id, { promptCharacters, pictures: pictures.length });
  payments.expect([call, videoCall(context, id)]);
  const answer = await askJudge(context, call, request);
  // The pictures can be fetched for some hours only: waiting for the budget to free would end in a mock.
  const mustWait = !answer.ok && isNotAnAttempt(answer.failure) && answer.failure.code !== 'budget_reached';
  if (mustWait) return answer;
  const choice = answer.ok
    ? inOwnNumbers(answer.value.value, pictures)
    : {
        ...chosen(first, 'The judge failed, so the first picture was taken.'),
        fallback: answer.failure.message,
      };
  if (!answer.ok) {
    context.log.warn('The judge failed; the first picture is taken', { failure: answer.failure });
    journal.note(id, {
      type: 'fallback',
      from: 'judge',
      to: 'first picture',
      reason: answer.failure.message,
    });
  }
  journal.amend(id, { image_choice: choice });
  return success(choice);
}

/** D13: a cut or malformed verdict is asked for again within bounds; each request is paid for, and accounted for, by itself. */
async function askJudge(
  { imageJudge, log, payments, prices, settings }: StepContext,
  call: PlannedCall,
  request: JudgeRequest,
): Promise<Result<ModelAnswer<ImageChoice>>> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await payments.pay(
      call,
      () => imageJudge.judge(request),
      (value) => textCharge(prices, call.model, value, call.reserveUsd),
      (failed) => failedTextCharge(prices, call.model, failed, call.reserveUsd),
    );
    if (answer.ok || !mayAskAgain(answer.failure) || attempt >= settings.content.answerRetries) return answer;
    log.warn('The judge is asked again', { reason: answer.failure.message });
  }
}
