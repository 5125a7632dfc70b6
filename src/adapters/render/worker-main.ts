/**
 * The render worker: one process, one request, one answer. It exists so that a native decoder that crashes, hangs or
 * eats memory on somebody's bytes takes this process with it and not the run. The request comes on standard input, the
 * answer leaves on descriptor 3, because native libraries may print on the usual ones.
 */
import { writeSync } from 'node:fs';

import type { WorkerAnswer, WorkerRequest } from './worker-protocol.ts';
import { workerRequest } from './worker-protocol.ts';

const ANSWER_DESCRIPTOR = 3;
const MESSAGE_LIMIT = 1000;

/** Each operation loads only the libraries that it needs: starting is most of the time of the small ones. */
async function perform(request: WorkerRequest): Promise<unknown> {
  switch (request.operation) {
    case 'fitPicture': {
      const { fitPicture } = await import('./pictures.ts');
      return fitPicture(request.input, request.output, request.size);
    }
    case 'splitGrid': {
      const { splitGrid } = await import('./pictures.ts');
      return splitGrid(request.input, request.outputs);
    }
    case 'shrinkPicture': {
      const { shrinkPicture } = await import('./pictures.ts');
      return shrinkPicture(request.input, request.output, request.maxBytes);
    }
    case 'drawPlaceholder': {
      const { drawPlaceholder } = await import('./placeholder.ts');
      return drawPlaceholder(request.output, request);
    }
    case 'renderVideo': {
      const { writeCameraVideo } = await import('./mock-video.ts');
      const { measureVideo } = await import('./measure.ts');
      await writeCameraVideo(request.picture, request.output, request);
      return measureVideo(request.output);
    }
    case 'measureVideo': {
      const { measureVideo } = await import('./measure.ts');
      return measureVideo(request.input);
    }
    default:
      return request satisfies never;
  }
}

function failed(error: unknown): WorkerAnswer {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_LIMIT);
  const code =
    error instanceof Error && error.name === 'WorkerFailure' && 'code' in error ? error.code : undefined;
  if (code === 'download_invalid' || code === 'video_invalid' || code === 'too_large') {
    return { ok: false, code, message };
  }
  return { ok: false, code: 'render_failed', message };
}

async function firstLine(): Promise<string> {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const piece of process.stdin.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  return text;
}

/** The parent keeps our input open while it lives: its end means that nobody waits for the answer any more. */
function leaveWithParent(): void {
  process.stdin.on('end', () => process.exit(1));
  process.stdin.resume();
}

const line = await firstLine();
leaveWithParent();
let answer: WorkerAnswer;
try {
  answer = { ok: true, value: (await perform(workerRequest.parse(JSON.parse(line)))) ?? null };
} catch (error) {
  answer = failed(error);
}
writeSync(ANSWER_DESCRIPTOR, JSON.stringify(answer));
process.exit(0);
