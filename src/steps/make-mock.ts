/** P2, P6, D11: stand-ins for a picture that did not come and for a video that did not come. They cost nothing and always work. */
import { cutText } from '../domain/cut-text.ts';
import { isReal } from '../domain/evidence.ts';
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import { partKey } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { TEXT_LIMIT } from '../domain/limits.ts';
import { topicOf } from '../domain/post.ts';
import { missesLength } from '../domain/video-limits.ts';
import type { EventNamed } from '../domain/workflow-event.ts';
import type { MockVideoSettings, VideoFacts } from '../ports/renderer.ts';
import { failed, happened, type StepContext, type StepOutcome } from './context.ts';
import { readPost, seenPost } from './documents.ts';
import { describeMedia, folderOfPost, noFolder, pictureGone, uploadPart } from './media-files.ts';
import { MAX_PICTURE_BYTES } from './request-video.ts';
import { groupIn, noText } from './whereabouts.ts';

type Saved = EventNamed<'media-saved'>;
type Finished = EventNamed<'post-finished'>;

/** Scenario 0: a title card for the picture, and a camera move over it for the video. */
export async function makeMock(
  context: StepContext,
  id: GenerationId,
  reason: string,
): Promise<StepOutcome<Saved | Finished>> {
  const { folders, picture, video } = context.settings;
  const post = await readPost(context, folders.fresh, id);
  if (!post.ok) return noText(context, id, post.failure);
  const real = await hasRealVideo(context, id);
  if (!real.ok) return failed(real.failure);
  return context.workspace.withFolder(`mock-${id}`, async (path) => {
    const drawn = await context.renderer.drawPlaceholder(path('card.png'), {
      // A post of another tool may have any topic.
      topic: cutText(topicOf(post.value), TEXT_LIMIT),
      size: { width: picture.width, height: picture.height },
      ...video.placeholder,
    });
    if (!drawn.ok) return failed(drawn.failure);
    const described = await describeMedia(context, folders.fresh, id, {
      media: { image: 'placeholder', video: real.value ? 'runway' : 'mock', reason },
    });
    if (!described.ok) return failed(described.failure);
    const uploaded = await uploadPart(context, folders.fresh, id, 'placeholder', path('card.png'));
    if (!uploaded.ok) return failed(uploaded.failure);
    context.journal.note(id, {
      type: 'fallback',
      from: 'midjourney',
      to: real.value ? 'placeholder' : 'placeholder and mock video',
      reason,
    });
    if (real.value) return happened({ type: 'media-saved' });
    const card = { file: path('card.png'), source: 'placeholder', ours: true } as const;
    return renderAndSave(context, folders.fresh, id, card, path('mock.mp4'));
  });
}

/** It is paid for, and lies there: only its picture was removed, and could not be fetched again (I3). */
async function hasRealVideo(context: StepContext, id: GenerationId): Promise<Result<boolean>> {
  const folder = context.settings.folders.fresh;
  const journal = await context.journal.read(id);
  if (!journal.ok) return journal;
  const group = await groupIn(context, folder, id);
  return group.ok ? success(isReal(journal.value, group.value, folder, 'mp4')) : group;
}

/** P6: the picture is real, only the video stands in. */
export async function makeMockVideo(
  context: StepContext,
  id: GenerationId,
  reason: string,
  replacing: boolean,
): Promise<StepOutcome<Saved | Finished | EventNamed<'image-given-up' | 'picture-failed'>>> {
  const folder = await folderOfPost(context, id, replacing);
  if (!folder.ok) return noFolder(context, id, folder.failure);
  return context.workspace.withFolder(`mock-${id}`, async (path) => {
    const key = partKey(folder.value, id, 'png');
    const fetched = await context.store.getFile(key, path('picture.png'), MAX_PICTURE_BYTES);
    if (!fetched.ok) return failed(fetched.failure);
    if (fetched.value === null) {
      const text = await seenPost(context, folder.value, id);
      return text.ok ? pictureGone(context, id, folder.value, replacing) : noText(context, id, text.failure);
    }
    const described = await describeMedia(context, folder.value, id, { media: { video: 'mock', reason } });
    if (!described.ok) return noText(context, id, described.failure);
    context.journal.note(id, { type: 'fallback', from: 'runway', to: 'mock video', reason });
    const picture = { file: path('picture.png'), source: 'midjourney', ours: !replacing } as const;
    return renderAndSave(context, folder.value, id, picture, path('mock.mp4'));
  });
}

async function renderAndSave(
  context: StepContext,
  folder: string,
  id: GenerationId,
  picture: {
    readonly file: string;
    readonly source: 'placeholder' | 'midjourney';
    /** The post is still in the making, and not one that its owner may have thrown away. */
    readonly ours: boolean;
  },
  output: string,
): Promise<StepOutcome<Saved>> {
  const { width, height } = context.settings.picture;
  const wanted = { ...context.settings.video.mock, size: { width, height } };
  const rendered = await context.renderer.renderMockVideo(picture.file, output, wanted);
  if (!rendered.ok) return failed(rendered.failure);
  // A long video of a large picture takes minutes.
  const held = await context.keepLease();
  if (!held.ok) return failed(held.failure);
  const measured = await context.renderer.measureVideo(output);
  const problem = measured.ok ? mockProblem(measured.value, wanted) : measured.failure;
  if (problem) return failed(problem);
  const uploaded = await uploadPart(context, folder, id, 'mock', output);
  if (!uploaded.ok) return failed(uploaded.failure);
  // Rendering took long enough for hands in the folder; the picture is still here.
  if (picture.ours && !uploaded.value.some(({ key }) => key === partKey(folder, id, 'png'))) {
    const again = await uploadPart(context, folder, id, picture.source, picture.file);
    if (!again.ok) return failed(again.failure);
  }
  return happened({ type: 'media-saved' });
}

/** Averaged over few frames, a rate is not met exactly. */
const RATE_TOLERANCE = 0.5;

/** The file is judged by what a player finds in it, not by what the renderer says of it. */
function mockProblem(found: VideoFacts, { duration, fps, size }: MockVideoSettings): Failure | null {
  const problems = [
    missesLength(found.duration, duration) && `lasts ${found.duration.toFixed(2)} s instead of ${duration} s`,
    (found.width !== size.width || found.height !== size.height) &&
      `is ${found.width}×${found.height} instead of ${size.width}×${size.height}`,
    Math.abs(found.fps - fps) > RATE_TOLERANCE &&
      `has ${found.fps.toFixed(2)} frames a second instead of ${fps}`,
    found.codec !== 'avc' && `is ${found.codec} instead of H.264`,
  ].filter((problem) => problem !== false);
  if (problems.length === 0) return null;
  return failure('video_invalid', `The mock video ${problems.join(', ')}`).failure;
}
