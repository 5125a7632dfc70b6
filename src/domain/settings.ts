/** What the steps need to know of a channel's configuration, in plain values; `app/compose.ts` fills it from `config.json`. */
import type { Folders } from './group.ts';

export interface DocumentKeys {
  readonly public: string;
  readonly generation: string;
  readonly image: string;
  readonly topicsTracker: string;
}

/** Each prompt is a template; see `fillTemplate`. Temperatures 0–2, limits in tokens or characters as named. */
export interface ContentSettings {
  /** Used while the tracker names no focus of its own. */
  readonly focuses: readonly string[];
  readonly topic: {
    readonly enabled: boolean;
    readonly prompt: string;
    readonly maxCharacters: number;
    readonly temperature: number;
  };
  readonly text: TextPrompt;
  readonly tragicText: TextPrompt;
  readonly maxTextTokens: number;
  readonly comment: SarcasmPrompt;
  readonly poll: SarcasmPrompt;
  readonly scene: {
    readonly prompt: string;
    readonly maxTokens: number;
    readonly temperature: number;
    readonly creativePrompts: readonly string[];
    readonly restrictions: readonly string[];
  };
  /** How often a cut or malformed answer is asked for again, within one run. */
  readonly answerRetries: number;
  /** More of them in a row, over all runs, and the post is dropped before it exists (I6). */
  readonly mostUselessAnswers: number;
}

interface TextPrompt {
  readonly enabled: boolean;
  readonly prompt: string;
  readonly maxCharacters: number;
  readonly temperature: number;
}

interface SarcasmPrompt {
  readonly enabled: boolean;
  readonly prompt: string;
  readonly temperature: number;
  readonly tragicPrompt: string;
  readonly tragicTemperature: number;
  readonly maxTokens: number;
}

export interface PictureSettings {
  readonly width: number;
  readonly height: number;
  readonly aspectRatio: string;
  readonly version: string | null;
  readonly style: string | null;
  /** How often a post's picture is ordered again after its task has ended without one (D5). */
  readonly maxRetries: number;
  readonly judge: {
    readonly enabled: boolean;
    readonly prompt: string;
    readonly criteria: readonly { readonly name: string; readonly weight: number }[];
    readonly maxTokens: number;
  };
}

export interface VideoSettings {
  /** Seconds. */
  readonly duration: number;
  /** One that the model takes. */
  readonly ratio: string;
  readonly pollSeconds: number;
  readonly timeoutSeconds: number;
  readonly mock: { readonly duration: number; readonly fps: number };
  readonly placeholder: { readonly backgroundColor: string; readonly textColor: string };
}

export interface ChannelSettings {
  readonly folders: Folders;
  readonly documents: DocumentKeys;
  readonly content: ContentSettings;
  readonly picture: PictureSettings;
  readonly video: VideoSettings;
}
