/** One sample post from topic to poll, so that everything the sandbox writes about it fits together. */
export interface Story {
  readonly fullTopic: string;
  /** At most two words, found nowhere in usual prompts. */
  readonly shortTopic: string;
  /** Words of focuses that this story fits. */
  readonly focus: RegExp;
  /** Told only when its focus is asked for: nobody wants it on a cheerful day. */
  readonly tragic?: true;
  /** Three short paragraphs, 80 to 100 words in all. */
  readonly text: string;
  /** At most 20 words. */
  readonly comment: string;
  readonly poll: { readonly question: string; readonly options: readonly [string, string, string] };
  /** English, whatever the story's language: picture and video models are asked in English. */
  readonly script: string;
  readonly firstFrame: string;
}
