/**
 * The real drawing, rendering and measuring code, called in this process. A worker process for each call takes half a
 * second to start, which a hundred posts in a test run cannot afford; the worker has tests of its own.
 */
import { drawPlaceholder } from '../../src/adapters/render/placeholder.ts';
import { fitPicture, shrinkPicture, splitGrid } from '../../src/adapters/render/pictures.ts';
import { measureVideo } from '../../src/adapters/render/measure.ts';
import { writeCameraVideo } from '../../src/adapters/render/mock-video.ts';
import { WorkerFailure } from '../../src/adapters/render/worker-failure.ts';
import { failure, success, type Result } from '../../src/domain/failure.ts';
import type { Renderer } from '../../src/ports/renderer.ts';

export const quickRenderer: Renderer = {
  fitPicture: (input, output, size) => settled(() => fitPicture(input, output, size)),
  splitGrid: (input, outputs) => settled(() => splitGrid(input, outputs)),
  shrinkPicture: (input, output, maxBytes) => settled(() => shrinkPicture(input, output, maxBytes)),
  drawPlaceholder: (output, card) => settled(() => drawPlaceholder(output, card)),
  renderMockVideo: (picture, output, { size, duration, fps }) =>
    settled(async () => {
      await writeCameraVideo(picture, output, { size, duration, fps, motion: 'slow' });
      return measureVideo(output);
    }),
  measureVideo: (input) => settled(() => measureVideo(input)),
};

async function settled<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return success(await work());
  } catch (error) {
    const code = error instanceof WorkerFailure ? error.code : 'render_failed';
    return failure(code, error instanceof Error ? error.message : String(error));
  }
}
