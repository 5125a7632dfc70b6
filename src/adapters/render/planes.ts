/**
 * Turns a picture into the three planes that H.264 stores, once, and then cuts a moving view out of them for each frame
 * with weights finer than a pixel. Resampling the planes instead of the colours halves the work, and nothing is ever
 * cropped to whole pixels, which is what makes cheap zooms tremble.
 */
import type { PictureSize } from '../../ports/renderer.ts';
import type { View } from './camera.ts';

/** A picture as YUV 4:2:0, BT.709, limited range (16–235). */
export interface Planes {
  readonly size: PictureSize;
  readonly luma: Plane;
  readonly blue: Plane;
  readonly red: Plane;
}

/** One value of 0–255 in 16 bits, so that two neighbours can be weighed in one multiplication of their common word. */
interface Plane extends PictureSize {
  readonly values: Uint16Array;
  /** The same memory, two values a word; an even width keeps rows and words aligned. */
  readonly pairs: Uint32Array;
}

/**
 * `rgb` holds 3 bytes a pixel, rows without padding; width and height are multiples of 4. Coefficients: ITU-R BT.709-6,
 * items 3.2–3.4, scaled to limited range.
 */
export function planesFromRgb(rgb: Uint8Array, size: PictureSize): Planes {
  const { width, height } = size;
  const luma = plane(width, height);
  const blue = plane(width / 2, height / 2);
  const red = plane(width / 2, height / 2);
  for (let pixel = 0, byte = 0; pixel < luma.values.length; pixel += 1, byte += 3) {
    luma.values[pixel] =
      16.5 +
      0.182586 * byteAt(rgb, byte) +
      0.614231 * byteAt(rgb, byte + 1) +
      0.062007 * byteAt(rgb, byte + 2);
  }
  const rowBytes = width * 3;
  let target = 0;
  for (let row = 0; row < height; row += 2) {
    for (let byte = row * rowBytes, end = byte + rowBytes; byte < end; byte += 6, target += 1) {
      const r = four(rgb, byte, rowBytes);
      const g = four(rgb, byte + 1, rowBytes);
      const b = four(rgb, byte + 2, rowBytes);
      blue.values[target] = 128.5 - 0.100644 * r - 0.338572 * g + 0.439216 * b;
      red.values[target] = 128.5 + 0.439216 * r - 0.398942 * g - 0.040274 * b;
    }
  }
  return { size, luma, blue, red };
}

function plane(width: number, height: number): Plane {
  const values = new Uint16Array(width * height);
  return { width, height, values, pairs: new Uint32Array(values.buffer) };
}

/** Cuts `view` out of `source` into one I420 frame of `size`, written into `frame`. */
export function drawFrame(source: Planes, view: View, size: PictureSize, frame: Uint8Array): void {
  const { width, height } = size;
  const stepX = (source.size.width * view.part) / width;
  const stepY = (source.size.height * view.part) / height;
  const left = source.size.width * view.left;
  const top = source.size.height * view.top;
  const lumaEnd = width * height;
  const chromaEnd = lumaEnd + lumaEnd / 4;
  resample(
    source.luma,
    axis(width, left + 0.5 * stepX - 0.5, stepX, source.size.width),
    axis(height, top + 0.5 * stepY - 0.5, stepY, source.size.height),
    frame.subarray(0, lumaEnd),
  );
  // H.264 puts a chroma sample level with the left one of its two pixels, midway between its two rows; ours sit in the middle of all four.
  const columns = axis(width / 2, (left + 0.5 * stepX) / 2 - 0.5, stepX, source.blue.width);
  const rows = axis(height / 2, (top + stepY) / 2 - 0.5, stepY, source.blue.height);
  resample(source.blue, columns, rows, frame.subarray(lumaEnd, chromaEnd));
  resample(source.red, columns, rows, frame.subarray(chromaEnd));
}

interface Axis {
  readonly index: Int32Array;
  /** Weight of the sample after `index`, 0–256. */
  readonly weight: Int32Array;
}

function axis(count: number, first: number, step: number, sourceCount: number): Axis {
  const index = new Int32Array(count);
  const weight = new Int32Array(count);
  for (let position = 0; position < count; position += 1) {
    const exact = Math.min(Math.max(first + position * step, 0), sourceCount - 1.001);
    index[position] = Math.floor(exact);
    weight[position] = Math.round((exact - Math.floor(exact)) * 256);
  }
  return { index, weight };
}

/**
 * The hot loop: about 330 million samples for ten seconds of 1280×720. Two rows are blended first, two values in one
 * multiplication (255 × 256 fits into 16 bits, so nothing spills over), then neighbours of the blended row.
 */
function resample(source: Plane, columns: Axis, rows: Axis, target: Uint8Array): void {
  const width = columns.index.length;
  const words = source.width / 2;
  const blended = new Uint16Array(source.width);
  const blendedPairs = new Uint32Array(blended.buffer);
  const from = intAt(columns.index, 0) >> 1;
  const to = Math.min(((intAt(columns.index, width - 1) + 1) >> 1) + 1, words);
  let write = 0;
  for (let row = 0; row < rows.index.length; row += 1) {
    const upper = Math.imul(intAt(rows.index, row), words);
    const lower = upper + words;
    const down = intAt(rows.weight, row);
    const up = 256 - down;
    for (let word = from; word < to; word += 1) {
      blendedPairs[word] =
        Math.imul(pairAt(source.pairs, upper + word), up) +
        Math.imul(pairAt(source.pairs, lower + word), down);
    }
    for (let column = 0; column < width; column += 1, write += 1) {
      const index = intAt(columns.index, column);
      const first = valueAt(blended, index);
      const second = valueAt(blended, index + 1);
      target[write] =
        ((first << 8) + Math.imul(second - first, intAt(columns.weight, column)) + 32_768) >>> 16;
    }
  }
}

function four(rgb: Uint8Array, byte: number, rowBytes: number): number {
  const below = byte + rowBytes;
  return (byteAt(rgb, byte) + byteAt(rgb, byte + 3) + byteAt(rgb, below) + byteAt(rgb, below + 3)) / 4;
}

// Every index above is in range by construction; the compiler cannot see that.
// One function per array type: a shared one would be compiled for both and run at a third of the speed.
function byteAt(samples: Uint8Array, index: number): number {
  return samples[index] ?? 0;
}

function valueAt(samples: Uint16Array, index: number): number {
  return samples[index] ?? 0;
}

function pairAt(samples: Uint32Array, index: number): number {
  return samples[index] ?? 0;
}

function intAt(samples: Int32Array, index: number): number {
  return samples[index] ?? 0;
}
