/**
 * What the main process and its render worker say to each other, and nothing else: both sides check it, because the
 * worker opens bytes from outside in native code and may answer anything after it went wrong.
 */
import { z } from 'zod';
import { TEXT_LIMIT } from '../../domain/limits.ts';

const path = z.string().min(1).max(4096);
/** H.264 with 4:2:0 colour needs even sides; pictures may have any. */
const side = z.int().min(1).max(8192);
const evenSide = z.int().min(16).max(4096).multipleOf(2);
const size = z.strictObject({ width: side, height: side });
const color = z.string().regex(/^[0-9a-f]{6}$/iu);

export const workerRequest = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('fitPicture'), input: path, output: path, size }),
  z.strictObject({ operation: z.literal('splitGrid'), input: path, outputs: z.array(path).length(4) }),
  z.strictObject({
    operation: z.literal('shrinkPicture'),
    input: path,
    output: path,
    maxBytes: z.int().positive(),
  }),
  z.strictObject({
    operation: z.literal('drawPlaceholder'),
    output: path,
    topic: z.string().max(TEXT_LIMIT),
    size,
    backgroundColor: color,
    textColor: color,
  }),
  z.strictObject({
    operation: z.literal('renderVideo'),
    picture: path,
    output: path,
    size: z.strictObject({ width: evenSide, height: evenSide }),
    duration: z.number().positive().max(120),
    fps: z.number().min(1).max(120),
    motion: z.enum(['slow', 'lively']),
  }),
  z.strictObject({ operation: z.literal('measureVideo'), input: path }),
]);

export type WorkerRequest = z.infer<typeof workerRequest>;

export const pictureFacts = z.strictObject({ width: side, height: side, format: z.enum(['png', 'jpeg']) });

export const videoFacts = z.strictObject({
  width: z.int().positive(),
  height: z.int().positive(),
  duration: z.number().positive(),
  fps: z.number().positive(),
  codec: z.string().min(1).max(40),
  frames: z.int().positive(),
  bytes: z.int().positive(),
});

/** The value's shape depends on the operation; the caller checks it with the schema that it expects. */
export const workerAnswer = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({
    ok: z.literal(false),
    code: z.enum(['download_invalid', 'video_invalid', 'too_large', 'render_failed']),
    message: z.string().max(1000),
  }),
]);

export type WorkerAnswer = z.infer<typeof workerAnswer>;
