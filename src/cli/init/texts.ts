/** What `reelmill init` says, in the language of the channel: its owner need not read another one. */
import type { Language } from '../../app/init/channel-page.ts';
import type { QuestionWords } from '../questions.ts';
import { ENGLISH } from './english.ts';
import { RUSSIAN } from './russian.ts';

/** Commands, file names and option names are the same everywhere. */
export interface InitTexts {
  readonly asking: QuestionWords;
  readonly start: { readonly question: string; readonly sample: string; readonly old: string };
  readonly oldConfig: string;
  readonly place: { readonly question: string; readonly bucket: string; readonly folder: string };
  readonly folder: string;
  readonly bucket: { readonly question: string; readonly wrong: string };
  readonly endpoint: { readonly question: string; readonly wrong: string };
  readonly budget: { readonly question: string; readonly wrong: string };
  readonly replace: (path: string) => string;
  readonly failures: {
    readonly inTheWay: (path: string) => string;
    readonly inTheWayAdvice: string;
    readonly configOutside: (name: string) => string;
    readonly unreadable: (path: string, reason: string) => string;
    readonly wrongStore: (store: string) => string;
    readonly wrongEndpoint: (address: string) => string;
    readonly missing: (what: string) => string;
    readonly missingAdvice: string;
    readonly or: string;
    readonly advice: string;
  };
  readonly notIgnored: string;
  /** `placeholder`: what stands in the workflow. */
  readonly uncertainAction: (placeholder: string) => string;
  readonly made: (facts: MadeFacts) => string;
  readonly noLimit: string;
  readonly limit: (amount: string) => string;
  readonly next: string;
  readonly steps: {
    readonly fillIn: (secrets: string) => string;
    readonly doctor: string;
    readonly dryRun: string;
    readonly run: string;
    readonly localPage: string;
    readonly action: (placeholder: string) => string;
    readonly repository: (folder: string) => string;
    readonly ignored: string;
    readonly secrets: (secrets: string) => string;
    readonly workflow: string;
    readonly page: string;
  };
}

interface MadeFacts {
  readonly texts: string;
  readonly pictures: string;
  readonly videos: string;
  readonly limit: string;
}

export const INIT_TEXTS: Readonly<Record<Language, InitTexts>> = { en: ENGLISH, ru: RUSSIAN };
