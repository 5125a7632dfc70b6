/**
 * The renderer of the port: every call runs in a process of its own, writes beside its target, and appears under the
 * final name only when whole. The failure it prevents: a broken codec or a killed run leaving half a picture that the
 * next run takes for a finished one.
 */
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';

import { z } from 'zod';

import type { Result } from '../../domain/failure.ts';
import { failure, success } from '../../domain/failure.ts';
import { RENDER_SECONDS } from '../../domain/video-limits.ts';
import type { PictureSize, Renderer, VideoFacts } from '../../ports/renderer.ts';
import { pictureFacts, videoFacts, workerRequest } from './worker-protocol.ts';
import type { WorkerRequest } from './worker-protocol.ts';
import { runWorker } from './worker-process.ts';
import type { WorkerLimits } from './worker-process.ts';

export interface RendererOptions {
  /**
   * Seconds of wall clock for one call; unless told 120, and `RENDER_SECONDS` for a video. Ten seconds of 1280×720 take
   * about three on two cores.
   */
  readonly timeLimitSeconds?: number;
  /** Resident megabytes of one call; 1536 unless told. 1280×720 takes about 300 and 3840×2160 about 600, however long it is. */
  readonly memoryLimitMegabytes?: number;
  /** For tests: the script that runs in place of the worker. */
  readonly workerEntry?: URL;
}

export function createRenderer(options: RendererOptions = {}): Renderer {
  const limits = workerLimits(options);
  const videoLimits = workerLimits({ timeLimitSeconds: RENDER_SECONDS, ...options });
  return {
    fitPicture: (input, output, size) =>
      writing([output], limits, pictureFacts, ([to = '']) => ({
        operation: 'fitPicture',
        input,
        output: to,
        size,
      })),
    splitGrid: async (input, outputs) => {
      const done = await writing([...outputs], limits, z.null(), (to) => ({
        operation: 'splitGrid',
        input,
        outputs: to,
      }));
      return done.ok ? success(undefined) : done;
    },
    shrinkPicture: (input, output, maxBytes) =>
      writing([output], limits, pictureFacts, ([to = '']) => ({
        operation: 'shrinkPicture',
        input,
        output: to,
        maxBytes,
      })),
    drawPlaceholder: (output, card) =>
      writing([output], limits, pictureFacts, ([to = '']) => ({
        operation: 'drawPlaceholder',
        output: to,
        ...card,
      })),
    renderMockVideo: (picture, output, { size, duration, fps }) =>
      writing([output], videoLimits, videoFacts, ([to = '']) => ({
        operation: 'renderVideo',
        picture,
        output: to,
        size,
        duration,
        fps,
        motion: 'slow',
      })),
    measureVideo: (input) => asking({ operation: 'measureVideo', input }, limits, videoFacts),
  };
}

/** A livelier move over a drawn scene: the clip that the sandbox's video provider hands out. */
export function drawSceneVideo(
  output: string,
  picturePath: string,
  video: { readonly size: PictureSize; readonly duration: number; readonly fps: number },
): Promise<Result<VideoFacts>> {
  return writing([output], workerLimits({ timeLimitSeconds: RENDER_SECONDS }), videoFacts, ([to = '']) => ({
    operation: 'renderVideo',
    picture: picturePath,
    output: to,
    size: video.size,
    duration: video.duration,
    fps: video.fps,
    motion: 'lively',
  }));
}

function workerLimits(options: RendererOptions): WorkerLimits {
  return {
    timeLimitSeconds: options.timeLimitSeconds ?? 120,
    memoryLimitMegabytes: options.memoryLimitMegabytes ?? 1536,
    ...(options.workerEntry === undefined ? {} : { entry: options.workerEntry }),
  };
}

/** Lets the worker write under temporary names beside the targets and renames them all after its good answer. */
async function writing<T>(
  outputs: readonly string[],
  limits: WorkerLimits,
  answer: z.ZodType<T>,
  request: (outputs: string[]) => WorkerRequest,
): Promise<Result<T>> {
  const mark = randomBytes(6).toString('hex');
  const partial = outputs.map((output) => `${output}.${mark}.partial`);
  try {
    const done = await asking(request(partial), limits, answer);
    if (!done.ok) return done;
    for (const [index, output] of outputs.entries()) await rename(partial[index] ?? '', output);
    return done;
  } catch (error) {
    return failure('render_failed', `The rendered file could not be put in place: ${String(error)}`);
  } finally {
    for (const path of partial) await rm(path, { force: true });
  }
}

async function asking<T>(
  request: WorkerRequest,
  limits: WorkerLimits,
  schema: z.ZodType<T>,
): Promise<Result<T>> {
  const checked = workerRequest.safeParse(request);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return failure(
      'render_failed',
      `${request.operation} cannot do this: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const answer = await runWorker(checked.data, limits);
  if (!answer.ok) return failure(answer.code, answer.message);
  const value = schema.safeParse(answer.value);
  return value.success
    ? success(value.data)
    : failure('render_failed', `The render worker's answer to ${request.operation} has the wrong shape`);
}
