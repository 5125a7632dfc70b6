/**
 * Reading, cutting and writing still pictures. Runs in the worker process only: the bytes come from a provider, and the
 * decoders are native code. Every input is bounded in pixels before it is decoded, so that a small file cannot unfold
 * into gigabytes.
 */
import { stat } from 'node:fs/promises';

import sharp from 'sharp';
import type { SharpOptions } from 'sharp';

import type { PictureFacts, PictureSize } from '../../ports/renderer.ts';
import { WorkerFailure } from './worker-failure.ts';

/** 8192×8192: four times the largest picture that the image provider makes (an upscaled 4096×4096). */
const PIXEL_LIMIT = 8192 * 8192;

/** Only the first page of an animation; a damaged file is an error and not a grey area. */
export const PICTURE_INPUT: SharpOptions = {
  limitInputPixels: PIXEL_LIMIT,
  pages: 1,
  failOn: 'error',
  sequentialRead: true,
};

/** Formats in which providers deliver. SVG and the like are programs rather than pictures and may name other files. */
const FORMATS = new Set(['png', 'jpeg', 'webp', 'gif', 'heif']);

/** Fast to write and near the smallest size that PNG gives photographs. */
const PNG = { compressionLevel: 6, adaptiveFiltering: true } as const;

/** Centre crop to exactly `size`, sRGB PNG. */
export async function fitPicture(input: string, output: string, size: PictureSize): Promise<PictureFacts> {
  await describePicture(input);
  return reading(input, () =>
    open(input)
      .resize(size.width, size.height, { fit: 'cover', position: 'centre' })
      .png(PNG)
      .toFile(output)
      .then(({ width, height }) => ({ width, height, format: 'png' })),
  );
}

/** Four equal quarters as PNG, left to right, top to bottom; an odd last row or column is dropped. */
export async function splitGrid(input: string, outputs: readonly string[]): Promise<void> {
  const { width, height } = await describePicture(input);
  const quarter = { width: Math.floor(width / 2), height: Math.floor(height / 2) };
  if (quarter.width === 0 || quarter.height === 0) {
    throw new WorkerFailure('download_invalid', `The grid is only ${width}×${height} pixels`);
  }
  const whole = await reading(input, () => open(input).png({ compressionLevel: 1 }).toBuffer());
  for (const [index, output] of outputs.entries()) {
    const left = (index % 2) * (width - quarter.width);
    const top = Math.floor(index / 2) * (height - quarter.height);
    await sharp(whole, PICTURE_INPUT)
      .extract({ left, top, ...quarter })
      .png(PNG)
      .toFile(output);
  }
}

const QUALITIES = [90, 82, 74] as const;
const SHRINK_STEP = 0.8;
const SMALLEST_SIDE = 16;

/** JPEG of at most `maxBytes`: quality first, because nobody sees it, then size. */
export async function shrinkPicture(input: string, output: string, maxBytes: number): Promise<PictureFacts> {
  const { width, height } = await describePicture(input);
  for (let scale = 1; Math.min(width, height) * scale >= SMALLEST_SIDE; scale *= SHRINK_STEP) {
    for (const quality of QUALITIES) {
      const written = await reading(input, () =>
        open(input)
          .resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' })
          .flatten({ background: '#ffffff' })
          .jpeg({ quality, mozjpeg: false, chromaSubsampling: '4:2:0' })
          .toFile(output),
      );
      if (written.size <= maxBytes) return { width: written.width, height: written.height, format: 'jpeg' };
    }
  }
  throw new WorkerFailure('too_large', `No readable version of the picture fits into ${maxBytes} bytes`);
}

/** Size as shown (a camera's rotation applied). `download_invalid` when the file is no picture or too big to open. */
export async function describePicture(input: string): Promise<PictureSize> {
  const { size } = await stat(input);
  if (size === 0) throw new WorkerFailure('download_invalid', 'The picture is an empty file');
  const { autoOrient, format } = await reading(input, () => sharp(input, PICTURE_INPUT).metadata());
  if (!FORMATS.has(format))
    throw new WorkerFailure('download_invalid', `A picture in ${format} is not accepted`);
  return autoOrient;
}

function open(input: string) {
  return sharp(input, PICTURE_INPUT).autoOrient().toColourspace('srgb');
}

async function reading<T>(input: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll(input, 'the file');
    throw new WorkerFailure('download_invalid', `The picture cannot be read: ${reason.split('\n')[0]}`);
  }
}
