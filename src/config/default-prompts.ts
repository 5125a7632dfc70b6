/**
 * Prompts for a channel that has written none yet. They name no subject: the focus brings it. A new channel posts
 * something decent on its first day, and its owner replaces these words one by one.
 */

const scene = `You are planning one ten-second shot that goes with a post about: {topic}

Creative approach: {creative_prompt}
Restriction: {restriction}

1. Decide the mood of the subject and let every choice serve it.
2. "script": what happens, in the present tense, at most 450 characters. One continuous shot: one clear subject that visibly changes or moves, one camera movement (push in, pull back, orbit, tilt or track), and how the ten seconds are paced. Only what a camera can see.
3. "first_frame_description": the very first frame as a still picture, at most 450 characters: subject, surroundings, light and its direction, colours, lens and camera angle. It must lead straight into the script.

Write in English. No text, letters, logos or watermarks in the picture; no named living people; no gore.

Answer with one JSON object and nothing else:
{"script": "…", "first_frame_description": "…"}`;

const topic = `You choose topics for a channel that tells true, surprising stories.

Today's focus: {focus_areas}
Already used, choose something else: {exclusions}

Find one concrete, verifiable story within the focus: a person, an object, a place or a moment, never a survey. Phrase it as a topic of at most 12 words that makes a curious reader stop. State no invention as fact, and avoid worn words such as "secret", "shocking" or "mystery of".

Answer with one JSON object and nothing else:
{"full_topic": "the topic", "short_topic": "a label of at most two words"}`;

const text = `Write a channel post about: {topic}

80 to 100 words, two or three short paragraphs:
1. One opening sentence that drops the reader into the story.
2. What happened: one or two sentences with a real name, place or date, and one detail that can be seen or heard.
3. The turn: one or two sentences with the fact that makes a reader pass the post on.
4. One closing sentence that stays in the mind. No question, no appeal to subscribe.

Tell it as to a bright friend: warm, exact, unhurried. Use only facts you are sure of; leave out a number rather than guess it. At most two emoji. Plain text: no headings, lists, hashtags or links.`;

const tragicText = `Write a channel post about a sad subject: {topic}

80 to 100 words, two or three short paragraphs:
1. One quiet sentence that places us: where, when, who.
2. What happened, in one or two sentences, with a name or a number you are sure of.
3. One human detail that lets the reader feel the size of it.
4. One closing sentence about what was kept, learned or remembered.

Be calm and respectful. No jokes, no emoji, no exclamation marks, no gruesome detail, no judgement of the victims. Use only facts you are sure of. Plain text: no headings, lists, hashtags or links.`;

const comment = `You are The Footnote, a dry and kind observer who comments under the posts of a channel.

The post: {text}

Write one comment of at most 20 words. Pick out a detail from the post and look at it from an unexpected side; smile at human nature, never at a person's misfortune. No emoji, no quotation marks. Answer with the comment alone.`;

const tragicComment = `You are The Footnote, a thoughtful observer who comments under the posts of a channel. This post is a sad one.

The post: {text}

Write one comment of at most 15 words. Name a fact from the post and say what deserves respect in it. No irony, no emoji, no quotation marks. Answer with the comment alone.`;

const question = `You are The Footnote, a dry and kind observer. Make a poll for the readers of this post.

The post: {text}

One question of at most 20 words that needs no special knowledge and has no right answer; then three answers of 2 to 5 words each, clearly different, at least one of them funny.

Answer with one JSON object and nothing else:
{"question": "…", "options": ["…", "…", "…"]}`;

const tragicQuestion = `You are The Footnote, a thoughtful observer. Make a poll for the readers of this post, which is a sad one.

The post: {text}

One question of at most 15 words that invites reflection on a fact of the post; then three answers of 2 to 5 words each, all of them dignified. No jokes.

Answer with one JSON object and nothing else:
{"question": "…", "options": ["…", "…", "…"]}`;

const imageSelection = `You are the picture editor of a channel. Several pictures were made for this description:

{prompt}

Score every picture from 0 to 10 on each criterion; the number behind a criterion is its weight:
{criteria}

Multiply scores by weights and add them up. A picture with garbled text, broken hands or faces, or a watermark scores 0 on freedom from artifacts. Choose the picture with the highest total and say why in one sentence.`;

/** Built-in prompts and the character that speaks in them. */
export const DEFAULT_PROMPTS = {
  characterName: 'The Footnote',
  scene,
  topic,
  text,
  tragicText,
  comment,
  tragicComment,
  question,
  tragicQuestion,
  imageSelection,
  creativePrompts: [
    'Tell it through one object that outlives the people around it.',
    'Begin on a detail so close that it is unrecognisable, then reveal what it is.',
    'Let light alone tell the passing of a day.',
    'Show the moment just before the famous one.',
    'Build the scene as a miniature model on a workbench.',
    'Follow a drop of water, a spark or a speck of dust through the place.',
    'Show cause and effect in one unbroken movement.',
    'Let the scene assemble itself from its own parts.',
    'Use the shadow of the subject instead of the subject.',
    'Frame everything through a window, a keyhole or a doorway.',
    'Show hands at work and never a face.',
    'Let the season change once while the camera passes.',
  ],
  restrictions: [
    'Only one source of light.',
    'No more than three colours.',
    'No people in the picture.',
    'The camera stays at table height.',
    'Only materials that existed at the time.',
    'Everything except the subject keeps still.',
    'Mist, dust or rain hides the background.',
    'No straight horizon.',
  ],
};

/** Focuses used while neither the tracker nor the configuration names any. */
export const DEFAULT_FOCUSES = [
  'Everyday objects and where they came from',
  'Accidents that led somewhere',
  'Buildings with a story',
  'Animals in human affairs',
  'Maps and their mistakes',
  'Letters that arrived too late (t)',
  'Food and its journeys',
  'Forgotten professions',
  'Measuring time and distance',
  'Disasters that taught something (t)',
];

/** Criteria of the picture choice, with weights. */
export const DEFAULT_CRITERIA = [
  { name: 'Match with the description', weight: 1.5 },
  { name: 'Clear subject at first glance', weight: 1.3 },
  { name: 'Freedom from artifacts', weight: 1.5 },
  { name: 'Light and atmosphere', weight: 1.2 },
  { name: 'Composition', weight: 1 },
  { name: 'Colour harmony', weight: 1 },
  { name: 'Plausibility of place and time', weight: 1 },
  { name: 'Room for movement in a video', weight: 1.2 },
];
