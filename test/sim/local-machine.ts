/** The machine a run works on: its renderer, its working folder and its disk. Files say what they were made of instead of holding pixels. */
import { hash } from 'node:crypto';
import { failure, success, type Result } from '../../src/domain/failure.ts';
import type { Renderer } from '../../src/ports/renderer.ts';
import type { Workspace } from '../../src/ports/workspace.ts';
import type { ProviderMood } from './mood.ts';
import type { Process } from './world.ts';

const FACTS = { width: 1280, height: 720, format: 'png' };
const VIDEO = { width: 1280, height: 720, duration: 10, fps: 24, codec: 'avc', frames: 240, bytes: 10 };

export function simulatedRenderer(process: Process, mood: () => ProviderMood): Renderer {
  const { files, world } = process;
  const read = (input: string): string => new TextDecoder().decode(files.get(input));
  const make = <T>(outputs: readonly (readonly [string, string])[], facts: T): Promise<Result<T>> => {
    if (process.diskFull) return Promise.resolve(failure('render_failed', 'no space left on device'));
    if (world.random() < mood().renderFails)
      return Promise.resolve(failure('render_failed', 'the render worker died'));
    for (const [file, text] of outputs) files.set(file, new TextEncoder().encode(text));
    return Promise.resolve(success(facts));
  };
  return {
    fitPicture: (input, output) => make([[output, `picture ${read(input)}`]], FACTS),
    splitGrid: (input, outputs) =>
      make(
        outputs.map((output, index) => [output, `quarter ${index} ${read(input)}`] as const),
        undefined,
      ),
    shrinkPicture: (input, output) => make([[output, read(input)]], FACTS),
    drawPlaceholder: (output, card) => make([[output, `placeholder ${card.topic}`]], FACTS),
    renderMockVideo: (picture, output) => make([[output, `mock of ${read(picture)}`]], VIDEO),
    measureVideo: () => Promise.resolve(success(VIDEO)),
  };
}

export function simulatedWorkspace(process: Process): Workspace {
  return {
    withFolder: async (purpose, use) => {
      const found = new Set(process.files.keys());
      try {
        return await use((name) => `${purpose}/${name}`);
      } finally {
        for (const file of process.files.keys()) if (!found.has(file)) process.files.delete(file);
      }
    },
    fingerprint: async (source) => {
      const body = typeof source === 'string' ? process.files.get(source) : source;
      if (body === undefined) throw new Error(`no local file ${source}`);
      return { sha256: hash('sha256', body), bytes: body.length };
    },
  };
}
