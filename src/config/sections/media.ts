/**
 * Picture and video: what is ordered, what is chosen, and what stands in when a provider fails. Bounds are those of the
 * providers where they have one, so that a bad value is refused before anything is paid.
 */
import { z } from 'zod';
import { color, field, flag, line, prompt, retired, section, tokens } from '../fields.ts';
import { parseRatio } from '../../domain/runway-limits.ts';
import { DEFAULT_CRITERIA, DEFAULT_PROMPTS } from '../default-prompts.ts';

const SMALLEST_SIDE = 64;
const LARGEST_SIDE = 3840;

const outputSize = z.string().superRefine((text, context) => {
  const size = parseRatio(text);
  const sides = size === null ? [] : [size.width, size.height];
  const suggestion = 'Write width x height in pixels, such as `1280x720`.';
  if (size === null) {
    context.addIssue({ code: 'custom', message: 'is not a size', params: { suggestion } });
  } else if (sides.some((side) => side < SMALLEST_SIDE || side > LARGEST_SIDE)) {
    context.addIssue({
      code: 'custom',
      message: `has a side outside ${SMALLEST_SIDE}–${LARGEST_SIDE} pixels`,
      params: { suggestion },
    });
  } else if (sides.some((side) => side % 2 === 1)) {
    const even = `${size.width + (size.width % 2)}x${size.height + (size.height % 2)}`;
    context.addIssue({
      code: 'custom',
      message: 'has an odd side, which H.264 video cannot have',
      params: { suggestion: `Write \`${even}\`.` },
    });
  }
});

const aspectRatio = z.string().regex(/^[1-9]\d{0,3}:[1-9]\d{0,3}$/, 'is not an aspect ratio such as `16:9`');

export const imageGeneration = section('The picture.', {
  output_size: field(
    outputSize,
    '1280x720',
    'Size of the finished picture, width x height; `×` is fine too.',
    'pixels',
  ),
  aspect_ratio: field(
    aspectRatio.nullable(),
    null,
    'What Midjourney is asked for; null takes the shape of output_size.',
  ),
  midjourney_version: field(line.nullable(), '7.0', 'Midjourney version; null leaves it to the provider.'),
  midjourney_style: field(line.nullable(), null, 'Midjourney style such as `raw`; null sends none.'),
  process_mode: field(
    z.enum(['relax', 'fast', 'turbo']),
    'fast',
    'Speed and price class of the picture task.',
  ),
  skip_prompt_check: field(
    flag,
    false,
    'Skip PiAPI’s own check of the prompt. Rejected prompts then count against the account.',
  ),
});

const criterion = z.looseObject({
  name: line.meta({ description: 'What is judged.' }),
  weight: z.number().min(0).max(100).meta({ description: 'How much it counts.' }),
});

export const visualAnalysis = section(
  'How the best of the pictures is chosen.',
  {
    enabled: field(flag, true, 'Switched off, the first picture is taken.'),
    model: field(line.nullable(), null, 'Model that sees pictures; null means the model of the texts.'),
    image_selection_criteria: field(
      z.array(criterion).min(1).max(50),
      DEFAULT_CRITERIA,
      'What is scored from 0 to 10, and its weight.',
    ),
    image_selection_prompt: field(
      prompt,
      DEFAULT_PROMPTS.imageSelection,
      'Asks for the scores. Placeholders: {prompt}, {criteria}.',
    ),
    image_selection_max_tokens: field(tokens, 500, 'Most that the judgement may take.', 'tokens'),
    min_script_length: retired('Used by the old scripts. Not read.'),
  },
  ({ image_selection_criteria: criteria }, context) => {
    // The scores are kept by name, in the post and in the sum.
    for (const [index, { name }] of criteria.entries()) {
      if (criteria.findIndex((other) => other.name === name) === index) continue;
      context.addIssue({
        code: 'custom',
        path: ['image_selection_criteria', index, 'name'],
        message:
          'is the name of an earlier criterion too; the scores of one would take the place of the other’s',
        params: { suggestion: 'Give it a name of its own, or remove it.' },
      });
    }
  },
);

export const video = section('The video, and the mock that stands in for it.', {
  runway_duration: field(z.int().min(2).max(10), 10, 'Length of the video; Runway makes 2 to 10.', 'seconds'),
  runway_ratio: field(
    z.string().refine((text) => parseRatio(text) !== null, 'is not a ratio such as `1280:720`'),
    '1280:720',
    'Width:height asked of Runway. One that the model does not make is replaced by the nearest it does.',
  ),
  placeholder_bg_color: field(
    color,
    'cccccc',
    'Background of the placeholder picture, six hexadecimal digits.',
  ),
  placeholder_text_color: field(
    color,
    '333333',
    'Colour of the topic on it, six hexadecimal digits. Latin and Cyrillic letters can be set; of a topic in another script the ornament stands alone.',
  ),
  mock_duration: field(z.number().min(1).max(60), 10, 'Length of the mock video.', 'seconds'),
  mock_fps: field(z.int().min(1).max(60), 24, 'Smoothness of the mock video.', 'frames per second'),
  mock_codec: field(line, 'libx264', 'Codec of the mock video; H.264 is the only one made.'),
});
