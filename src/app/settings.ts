/** From `config.json` to the plain values that the pipeline works with. */
import { aspectRatio, outputSize, runwayRequest } from '../config/resolved.ts';
import type { Config } from '../config/schema.ts';
import { defaultPrices } from '../domain/default-prices.ts';
import type { Budgets } from '../domain/budget.ts';
import type { PriceList } from '../domain/money.ts';
import type { ChannelSettings, ContentSettings } from '../domain/settings.ts';
import type { Policy } from '../workflow/policy.ts';

export function channelSettings(config: Config): ChannelSettings {
  const {
    FILE_PATHS: paths,
    IMAGE_GENERATION: image,
    VIDEO: video,
    VISUAL_ANALYSIS: judge,
    WORKFLOW: workflow,
  } = config;
  const { duration, ratio } = runwayRequest(config);
  return {
    folders: {
      fresh: paths.folder_666,
      middle: paths.folder_555,
      front: paths.folder_444,
      archive: paths.archive_folder,
    },
    documents: {
      public: paths.config_public,
      generation: paths.config_gen,
      image: paths.config_midjourney,
      topicsTracker: paths.topics_tracker,
    },
    content: contentSettings(config),
    picture: {
      ...outputSize(config),
      aspectRatio: aspectRatio(config),
      version: image.midjourney_version,
      style: image.midjourney_style,
      maxRetries: workflow.max_retries,
      judge: {
        enabled: judge.enabled,
        prompt: judge.image_selection_prompt,
        criteria: judge.image_selection_criteria.map(({ name, weight }) => ({ name, weight })),
        maxTokens: judge.image_selection_max_tokens,
      },
    },
    video: {
      duration,
      ratio,
      pollSeconds: workflow.runway_polling_interval,
      timeoutSeconds: workflow.runway_polling_timeout,
      mock: { duration: video.mock_duration, fps: video.mock_fps },
      placeholder: { backgroundColor: video.placeholder_bg_color, textColor: video.placeholder_text_color },
    },
  };
}

function contentSettings(config: Config): ContentSettings {
  const { CONTENT: content, OPENAI_SETTINGS: model, SARCASM: sarcasm } = config;
  const text = (from: typeof content.text): ContentSettings['text'] => ({
    enabled: from.enabled,
    prompt: from.prompt_template,
    maxCharacters: from.max_length,
    temperature: from.temperature,
  });
  return {
    focuses: content.focuses,
    topic: {
      enabled: content.topic.enabled,
      prompt: content.topic.prompt_template,
      maxCharacters: content.topic.max_length,
      temperature: content.topic.temperature ?? model.temperature,
    },
    text: text(content.text),
    tragicText: text(content.tragic_text),
    maxTextTokens: model.max_tokens_text,
    comment: {
      enabled: sarcasm.enabled && sarcasm.comment_enabled,
      prompt: sarcasm.comment_prompt,
      temperature: sarcasm.comment_temperature,
      tragicPrompt: sarcasm.tragic_comment_prompt,
      tragicTemperature: sarcasm.tragic_comment_temperature,
      maxTokens: sarcasm.max_tokens_comment,
    },
    poll: {
      enabled: sarcasm.enabled && sarcasm.poll_enabled,
      prompt: sarcasm.question_prompt,
      temperature: sarcasm.poll_temperature,
      tragicPrompt: sarcasm.tragic_question_prompt,
      tragicTemperature: sarcasm.tragic_poll_temperature,
      maxTokens: sarcasm.max_tokens_poll,
    },
    scene: {
      prompt: config.PROMPTS.user_prompt_combined,
      maxTokens: model.max_tokens_script,
      temperature: model.temperature_script,
      creativePrompts: config.creative_prompts,
      restrictions: config.restrictions,
    },
    answerRetries: config.GENERATE.answer_retries,
    // One run may ask for all that `answer_retries` allows.
    mostUselessAnswers: Math.max(config.GENERATE.answer_retries, config.WORKFLOW.max_retries),
  };
}

export function policyOf(config: Config): Policy {
  const { WORKFLOW: workflow } = config;
  return {
    imageTimeoutSeconds: workflow.mj_timeout_seconds,
    maxRetries: workflow.max_retries,
    retryBackoffSeconds: workflow.retry_backoff_seconds,
    maxTasksPerRun: workflow.max_tasks_per_run,
    replaceMockWithLateResult: workflow.replace_mock_with_late_result,
  };
}

/** The built-in estimates with the channel's own prices on top. */
export function pricesOf(config: Config): PriceList {
  const mode = config.IMAGE_GENERATION.process_mode;
  const builtIn = defaultPrices(mode);
  const { openai, midjourney, runway } = config.PRICES;
  const own = { relax: midjourney.relax_usd, fast: midjourney.fast_usd, turbo: midjourney.turbo_usd }[mode];
  const text = Object.entries(openai).map(
    ([model, price]) =>
      [model, { input: price.input_per_million_usd, output: price.output_per_million_usd }] as const,
  );
  const video = Object.entries(runway).map(([model, price]) => [model, price.per_second_usd] as const);
  return {
    text: { ...builtIn.text, ...Object.fromEntries(text) },
    image: own ?? builtIn.image,
    videoPerSecond: { ...builtIn.videoPerSecond, ...Object.fromEntries(video) },
  };
}

export function budgetsOf({ BUDGET: budget }: Config): Budgets {
  return { perPost: budget.per_post_usd, perDay: budget.per_day_usd, perMonth: budget.per_month_usd };
}
