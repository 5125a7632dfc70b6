/** This machine: room for files, the renderer and its font. They fail at the very end of a post, after it was paid for. */
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createRenderer } from '../../adapters/render/renderer.ts';
import { loadTypeface } from '../../adapters/render/card/typeface.ts';
import { outputSize } from '../../config/resolved.ts';
import type { Config } from '../../config/schema.ts';
import { failed, fine, problem, warning, type CheckResult } from './check-result.ts';

const MEGABYTE = 1_000_000;
/** A video of 500 MB is the largest that is taken; beside it lie four pictures and what is rendered. */
const ROOM_NEEDED = 300 * MEGABYTE;
const ROOM_WANTED = 1_000 * MEGABYTE;
/** The renderer’s process takes about 300 MB for 1280×720 and 600 MB for 3840×2160; the run itself is beside it. */
const MEMORY_WANTED = 1_000 * MEGABYTE;
const SAMPLE_TEXT = 'Aa Zz Éß Яя Ёё Їґ 0–9 «»';
/** A key frame and others after it. */
const SAMPLE_FRAMES = 12;

/** `folder`: where posts are kept, when that is a folder. */
export async function checkDisk(folder: string | null): Promise<CheckResult> {
  const places = [tmpdir(), ...(folder === null ? [] : [folder])];
  const rooms: { readonly place: string; readonly free: number }[] = [];
  for (const place of places) {
    try {
      const { bavail, bsize } = await statfs(place);
      rooms.push({ place, free: bavail * bsize });
    } catch {
      // A folder that the first run makes is on no disk yet.
    }
  }
  const [least] = rooms.toSorted((one, other) => one.free - other.free);
  if (least === undefined)
    return problem(
      'disk',
      `${tmpdir()} cannot be looked at`,
      'Set TMPDIR to a folder that this user may write.',
    );
  const seen = rooms
    .map(({ free, place }) => `${Math.round(free / MEGABYTE)} MB free at ${place}`)
    .join(', ');
  const remedy = `Make room at ${least.place}, or set TMPDIR to a larger disk.`;
  if (least.free < ROOM_NEEDED) return problem('disk', `${seen}; a long video does not fit`, remedy);
  return least.free < ROOM_WANTED ? warning('disk', `${seen}; that is little`, remedy) : fine('disk', seen);
}

export function checkMachine(): CheckResult {
  const memory = totalmem();
  const seen = `Node ${process.version}, ${availableParallelism()} cores, ${Math.round(memory / MEGABYTE)} MB of memory`;
  return memory < MEMORY_WANTED
    ? warning(
        'machine',
        `${seen}; a mock video of 3840×2160 takes about 600 MB`,
        'Use a machine with 1 GB or more.',
      )
    : fine('machine', seen);
}

export async function checkFonts(): Promise<CheckResult> {
  try {
    const drawable = (await loadTypeface()).drawable(SAMPLE_TEXT);
    if (drawable === SAMPLE_TEXT) return fine('fonts', 'The package’s own font draws Latin and Cyrillic');
    return problem(
      'fonts',
      `The font draws only “${drawable}” of “${SAMPLE_TEXT}”`,
      'Install Reelmill again.',
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return problem('fonts', `The package’s font cannot be read: ${reason}`, 'Install Reelmill again.');
  }
}

/** A title card and the first frames of a video in the size that mocks have: a smaller one would say nothing of the machine. */
export async function checkRenderer(config: Config): Promise<CheckResult> {
  const folder = await mkdtemp(join(tmpdir(), 'reelmill-doctor-'));
  try {
    return await drawn(config, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function drawn({ VIDEO: video, ...config }: Config, folder: string): Promise<CheckResult> {
  const { height, width } = outputSize({ VIDEO: video, ...config });
  const size = { width, height };
  const renderer = createRenderer();
  const started = performance.now();
  const picture = join(folder, 'card.png');
  const card = await renderer.drawPlaceholder(picture, {
    topic: SAMPLE_TEXT,
    size,
    backgroundColor: video.placeholder_bg_color,
    textColor: video.placeholder_text_color,
  });
  if (!card.ok) return failed('renderer', card.failure);
  const cardSeconds = (performance.now() - started) / 1000;
  const file = join(folder, 'mock.mp4');
  const settings = { size, duration: SAMPLE_FRAMES / video.mock_fps, fps: video.mock_fps };
  const made = await renderer.renderMockVideo(picture, file, settings);
  if (!made.ok) return failed('renderer', made.failure);
  const videoSeconds = (performance.now() - started) / 1000 - cardSeconds;
  const measured = await renderer.measureVideo(file);
  if (!measured.ok) return failed('renderer', measured.failure);
  const found = measured.value;
  const seen = `A title card of ${width}×${height} took ${cardSeconds.toFixed(1)} s, ${SAMPLE_FRAMES} frames of video ${videoSeconds.toFixed(1)} s; they play to the end (${found.codec})`;
  if (found.frames !== SAMPLE_FRAMES || found.width !== width || found.height !== height)
    return problem(
      'renderer',
      `${seen}, but the file holds ${found.frames} frames of ${found.width}×${found.height}`,
      'Please report this as a bug.',
    );
  return fine('renderer', seen);
}
