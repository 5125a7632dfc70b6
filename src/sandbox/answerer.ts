/**
 * Decides what a request is about and answers it: with a story of its own language that belongs together from topic to poll,
 * because a demo whose comment does not fit its post shows nothing. The same questions in the same order get the same answers.
 */
import { numberOf } from './digest.ts';
import { ENGLISH_STORIES } from './english-stories.ts';
import type { TextRequest } from './openai-requests.ts';
import { RUSSIAN_STORIES } from './russian-stories.ts';
import { sceneOf } from './scene-variety.ts';
import { fillSchema, verdictSchema } from './schema-answer.ts';
import type { Story } from './story.ts';

const STORIES = [...ENGLISH_STORIES, ...RUSSIAN_STORIES];
/** Fewer Cyrillic letters than this are a mark or a name in a prompt of another language. */
const FEWEST_CYRILLIC = 12;
/** How much of a text must be found again for it to be recognised. */
const RECOGNISED = 60;

export class Answerer {
  readonly #told = new Map<Story, number>();
  #scenes = 0;

  /** The whole answer; JSON when a format or the prompt's words ask for it. */
  answer(request: TextRequest): string {
    const { prompt, format } = request;
    const seed = `${numberOf(prompt)}`;
    if (format.type === 'json_schema')
      return JSON.stringify(fillSchema(format.schema, this.#values(request), seed));
    if (format.type === 'json_object' || /\bJSON\b/.test(prompt))
      return JSON.stringify(this.#byWords(request, seed));
    const story = storyFor(prompt);
    if (request.pictures > 0) return `Image ${1 + (numberOf(seed) % request.pictures)}. ${reasonFor(prompt)}`;
    if (/comment|коммент/i.test(prompt)) return commentOf(story, prompt);
    return /\bscript\b|сценари/i.test(prompt) ? this.#scene(story).script : story.text;
  }

  #byWords(request: TextRequest, seed: string): unknown {
    const { prompt, pictures } = request;
    const values = this.#values(request);
    const asks = (...names: string[]) => names.every((name) => prompt.includes(name));
    const picked = (...names: string[]) => Object.fromEntries(names.map((name) => [name, values(name)]));
    if (pictures > 0) return fillSchema(verdictSchema(pictures, criteriaIn(prompt)), values, seed);
    if (asks('first_frame_description')) return picked('script', 'first_frame_description');
    if (asks('full_topic')) return picked('full_topic', 'short_topic');
    if (asks('question') || asks('options')) return picked('question', 'options');
    return /comment|коммент/i.test(prompt) ? picked('comment') : picked('text');
  }

  /** Values of properties by their names; undefined for a name that means nothing here. */
  #values({ prompt }: TextRequest): (name: string) => unknown {
    let chosen: Story | undefined;
    let scene: ReturnType<typeof sceneOf> | undefined;
    const story = () => (chosen ??= storyFor(prompt));
    const newStory = () => (chosen ??= this.#newStory(prompt));
    const staged = () => (scene ??= this.#scene(story()));
    return (name) => {
      switch (name) {
        case 'full_topic':
          return newStory().fullTopic;
        case 'short_topic':
          return newStory().shortTopic;
        case 'question':
          return story().poll.question;
        case 'options':
          return [...story().poll.options];
        case 'script':
          return staged().script;
        case 'first_frame_description':
          return staged().firstFrame;
        case 'comment':
          return commentOf(story(), prompt);
        case 'text':
        case 'content':
          return story().text;
        case 'reason':
          return reasonFor(prompt);
        default:
          return undefined;
      }
    };
  }

  #scene(story: Story): ReturnType<typeof sceneOf> {
    return sceneOf(story, this.#scenes++);
  }

  #newStory(prompt: string): Story {
    const all = storiesOf(prompt);
    const unused = all.filter(({ shortTopic }) => !prompt.includes(shortTopic));
    const open = unused.length > 0 ? unused : all;
    const fitting = open.filter(({ focus, tragic }) => tragic !== true || focus.test(prompt));
    const usable = fitting.length > 0 ? fitting : open;
    // What was told less often comes first, and the focus chooses among those: a template whose own words fit a story
    // would else bring it again while others were never told.
    const rank = (story: Story) => 2 * (this.#told.get(story) ?? 0) - (story.focus.test(prompt) ? 1 : 0);
    const first = Math.min(...usable.map(rank));
    const choice = usable.filter((story) => rank(story) === first);
    const story = choice[numberOf(prompt) % choice.length];
    if (story === undefined) throw new Error('The sandbox has no stories');
    this.#told.set(story, (this.#told.get(story) ?? 0) + 1);
    return story;
  }
}

function reasonFor(prompt: string): string {
  return isRussian(prompt)
    ? 'Она точнее всего следует описанию: один ясный предмет, правдоподобный свет и место для движения камеры.'
    : 'It follows the description most closely: one clear subject, believable light and room for a camera move.';
}

/** The story that the prompt quotes, else one that follows from the prompt. */
function storyFor(prompt: string): Story {
  const quoted = STORIES.find(
    ({ text, fullTopic }) => prompt.includes(text.slice(0, RECOGNISED)) || prompt.includes(fullTopic),
  );
  const own = storiesOf(prompt);
  const story = quoted ?? own[numberOf(prompt) % own.length];
  if (story === undefined) throw new Error('The sandbox has no stories');
  return story;
}

function storiesOf(prompt: string): readonly Story[] {
  return isRussian(prompt) ? RUSSIAN_STORIES : ENGLISH_STORIES;
}

function isRussian(prompt: string): boolean {
  return (prompt.match(/[а-яё]/gi)?.length ?? 0) >= FEWEST_CYRILLIC;
}

/** Some prompts name the words to start with. */
function commentOf(story: Story, prompt: string): string {
  const opening = 'Мой юный друг';
  if (!prompt.includes(opening)) return story.comment;
  return `${opening}, ${story.comment.charAt(0).toLowerCase()}${story.comment.slice(1)}`;
}

function criteriaIn(prompt: string): number {
  return Math.max(1, prompt.match(/^\d+\. .*\(weight [\d.]+\)$/gm)?.length ?? 0);
}
