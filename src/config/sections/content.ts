/**
 * What the posts say. The prompts are the channel's voice, so every one of them can be replaced; a part can be
 * switched off without touching the others.
 */
import { z } from 'zod';
import { FOCUS_LIMIT, IDEA_LIMIT, TEXT_LIMIT } from '../../domain/limits.ts';
import { field, flag, line, prompt, retired, section, temperature, tokens } from '../fields.ts';
import { DEFAULT_FOCUSES, DEFAULT_PROMPTS } from '../default-prompts.ts';

const OLD = 'Used by the old scripts. Not read.';
const length = z.int().min(20).max(TEXT_LIMIT);
const focus = z.string().trim().min(1).max(FOCUS_LIMIT);

export const content = section('Topic and text of a post.', {
  focuses: field(
    z.array(focus).max(500),
    DEFAULT_FOCUSES,
    'Subjects to choose from while the tracker has none of its own. A closing `(т)` or `(t)` marks a tragic one.',
  ),
  topic: section('The topic. Switched off, the focus itself is the topic.', {
    enabled: field(flag, true, 'Whether a model invents the topic.'),
    max_length: field(length, 200, 'Longest topic kept.', 'characters'),
    temperature: field(temperature.nullable(), null, 'null means OPENAI_SETTINGS.temperature.'),
    prompt_template: field(
      prompt,
      DEFAULT_PROMPTS.topic,
      'Asks for JSON with `full_topic` and `short_topic`. Placeholders: {focus_areas}, {exclusions}.',
    ),
  }),
  text: section('The text of ordinary posts.', {
    enabled: field(flag, true, 'Whether a text is written.'),
    max_length: field(length, 800, 'Longest text kept.', 'characters'),
    temperature: field(temperature, 0.7, 'How freely the text is written.'),
    prompt_template: field(prompt, DEFAULT_PROMPTS.text, 'Asks for the text. Placeholder: {topic}.'),
  }),
  tragic_text: section('The text of posts whose focus is tragic.', {
    enabled: field(flag, true, 'Switched off, tragic focuses use CONTENT.text.'),
    max_length: field(length, 800, 'Longest text kept.', 'characters'),
    temperature: field(temperature, 0.5, 'How freely the text is written.'),
    prompt_template: field(prompt, DEFAULT_PROMPTS.tragicText, 'Asks for the text. Placeholder: {topic}.'),
  }),
  critique: retired(OLD),
  improve: retired(OLD),
});

export const sarcasm = section('A character who comments on the post and asks a question.', {
  enabled: field(flag, true, 'Switches comment and poll off together.'),
  comment_enabled: field(flag, true, 'Whether there is a comment.'),
  poll_enabled: field(flag, true, 'Whether there is a poll.'),
  character_name: field(line, DEFAULT_PROMPTS.characterName, 'Name of the character.'),
  max_tokens_comment: field(
    tokens,
    150,
    'Most that the comment may take. At most 4000 characters of it are kept.',
    'tokens',
  ),
  max_tokens_poll: field(tokens, 250, 'Most that the poll may take.', 'tokens'),
  comment_prompt: field(prompt, DEFAULT_PROMPTS.comment, 'Asks for the comment. Placeholder: {text}.'),
  comment_temperature: field(temperature, 0.8, 'How freely it is written.'),
  tragic_comment_prompt: field(
    prompt,
    DEFAULT_PROMPTS.tragicComment,
    'The same for tragic posts. Placeholder: {text}.',
  ),
  tragic_comment_temperature: field(temperature, 0.6, 'How freely it is written.'),
  question_prompt: field(
    prompt,
    DEFAULT_PROMPTS.question,
    'Asks for JSON with `question` and three `options`. Placeholder: {text}.',
  ),
  poll_temperature: field(temperature, 0.9, 'How freely it is written.'),
  tragic_question_prompt: field(
    prompt,
    DEFAULT_PROMPTS.tragicQuestion,
    'The same for tragic posts. Placeholder: {text}.',
  ),
  tragic_poll_temperature: field(temperature, 0.6, 'How freely it is written.'),
});

export const generate = section('How answers are checked.', {
  answer_retries: field(
    z.int().min(0).max(5),
    2,
    'How often an answer that was cut or has the wrong shape is asked for again, within one run.',
    'attempts',
  ),
  topic_threshold: retired(OLD),
  text_threshold: retired(OLD),
  max_attempts: retired('Used by the old scripts; answer_retries takes its place. Not read.'),
  adaptation_enabled: retired(OLD),
  adaptation_parameters: retired(OLD),
});

const ideas = z.array(z.string().min(1).max(IDEA_LIMIT)).min(1).max(500);

export const creativePrompts = field(
  ideas,
  DEFAULT_PROMPTS.creativePrompts,
  'Creative approaches; one is drawn for each script and put where {creative_prompt} stands.',
);

export const restrictions = field(
  ideas,
  DEFAULT_PROMPTS.restrictions,
  'Restrictions; one is drawn for each script and put where {restriction} stands, or at the end.',
);
