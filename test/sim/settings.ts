/** What every simulated channel is configured with. */
import type { ChannelSettings } from '../../src/domain/settings.ts';
import type { Policy } from '../../src/workflow/policy.ts';

export const SETTINGS: ChannelSettings = {
  folders: { fresh: '666/', middle: '555/', front: '444/', archive: 'archive/' },
  documents: {
    public: 'config/config_public.json',
    generation: 'config/config_gen.json',
    image: 'config/config_midjourney.json',
    topicsTracker: 'data/topics_tracker.json',
  },
  content: {
    focuses: ['bread', 'rivers', 'clocks (т)', 'lamps', 'bridges'],
    topic: {
      enabled: true,
      prompt: 'topic {focus_areas} {exclusions}',
      maxCharacters: 200,
      temperature: 0.7,
    },
    text: { enabled: true, prompt: 'text {topic}', maxCharacters: 800, temperature: 0.7 },
    tragicText: { enabled: true, prompt: 'tragic {topic}', maxCharacters: 800, temperature: 0.7 },
    maxTextTokens: 500,
    comment: {
      enabled: true,
      prompt: 'comment {text}',
      temperature: 0.7,
      tragicPrompt: 'quiet {text}',
      tragicTemperature: 0.5,
      maxTokens: 100,
    },
    poll: {
      enabled: true,
      prompt: 'poll {text}',
      temperature: 0.7,
      tragicPrompt: 'quiet {text}',
      tragicTemperature: 0.5,
      maxTokens: 100,
    },
    scene: {
      prompt: 'scene {topic} {restriction}',
      maxTokens: 500,
      temperature: 0.7,
      creativePrompts: ['as a dream'],
      restrictions: ['in fog'],
    },
    answerRetries: 2,
    mostUselessAnswers: 3,
  },
  picture: {
    width: 1280,
    height: 720,
    aspectRatio: '16:9',
    version: '7.0',
    style: null,
    maxRetries: 3,
    judge: {
      enabled: true,
      prompt: '{prompt} {criteria}',
      criteria: [{ name: 'Light', weight: 1 }],
      maxTokens: 300,
    },
  },
  video: {
    duration: 10,
    ratio: '1280:720',
    pollSeconds: 15,
    timeoutSeconds: 300,
    mock: { duration: 10, fps: 24 },
    placeholder: { backgroundColor: 'cccccc', textColor: '333333' },
  },
};

export const POLICY: Policy = {
  imageTimeoutSeconds: 18_000,
  maxRetries: 3,
  retryBackoffSeconds: 600,
  maxTasksPerRun: 1,
  replaceMockWithLateResult: true,
};
export const LEASE = {
  termSeconds: 900,
  clockBoundSeconds: 30,
  requestSeconds: 360,
  workSeconds: 360,
  pauseSeconds: 0.2,
};
/** How long a flag without an owner is honoured. */
export const STALE_FLAG_SECONDS = 21_600;
