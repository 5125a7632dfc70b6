/**
 * The one description of `config.json` (S6). Everything that knows about the configuration is made from it: the types,
 * the checks, the defaults, the JSON Schema for editors, the reference page and the example.
 */
import { z } from 'zod';
import { DEFAULT_PROMPTS } from './default-prompts.ts';
import { refuseImpossibleMock } from './mock-video.ts';
import { budget, connections, openaiSettings, prices, prompts } from './sections/connections.ts';
import { content, creativePrompts, generate, restrictions, sarcasm } from './sections/content.ts';
import { imageGeneration, video, visualAnalysis } from './sections/media.ts';
import { filePaths } from './sections/storage.ts';
import { alerts, schedule, serve, workflow } from './sections/workflow.ts';

/** `config.json`, with every default filled in. Unknown keys are kept. */
export const configSchema = z
  .looseObject({
    $schema: z.string().optional().meta({ description: 'Address of the JSON Schema, for editors.' }),
    API_KEYS: connections,
    OPENAI_SETTINGS: openaiSettings,
    FILE_PATHS: filePaths,
    PROMPTS: prompts(DEFAULT_PROMPTS.scene),
    creative_prompts: creativePrompts,
    restrictions,
    CONTENT: content,
    SARCASM: sarcasm,
    GENERATE: generate,
    IMAGE_GENERATION: imageGeneration,
    VISUAL_ANALYSIS: visualAnalysis,
    WORKFLOW: workflow,
    VIDEO: video,
    SCHEDULE: schedule,
    SERVE: serve,
    BUDGET: budget,
    PRICES: prices,
    ALERTS: alerts,
  })
  .superRefine(refuseImpossibleMock)
  .meta({ title: 'Reelmill configuration' });

export type Config = z.output<typeof configSchema>;

/** All defaults, as when the file holds `{}`. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}
