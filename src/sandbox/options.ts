/** What a sandbox can be told when it starts. Everything that draws comes in from outside, so that the sandbox knows no renderer. */
import type { FaultRule } from './faults.ts';
import type { Ledger } from './ledger.ts';

export interface VideoSize {
  readonly width: number;
  readonly height: number;
}

/** Draws what the providers would have made. Called the first time that somebody downloads the file. */
export interface SandboxMedia {
  /** Writes a PNG to `file`; `variant` is 0 to 3, and the four pictures of one prompt should differ. */
  drawPicture(file: string, prompt: string, variant: number): Promise<void>;
  /** Writes an MP4 to `file`. `picture`: a file with the picture that the video was asked for, when one was sent. */
  drawVideo(file: string, prompt: string, seconds: number, size: VideoSize, picture?: string): Promise<void>;
}

/** The only keys that are accepted; a provider that is not named accepts every key that is not empty. */
export interface SandboxKeys {
  readonly openai?: string;
  readonly piapi?: string;
  readonly runway?: string;
}

export interface SandboxOptions {
  readonly media: SandboxMedia;
  /** Default 0: a free port. The server listens on 127.0.0.1 only. */
  readonly port?: number;
  /** Default: the machine's clock. With a clock of your own, call `tick()` after moving it. */
  readonly now?: () => Date;
  /** How long a picture task takes, in seconds. Default 100, as in live logs of PiAPI; an upscale takes a third of it. */
  readonly imageSeconds?: number;
  /** How long a video task takes, in seconds. Default 40. */
  readonly videoSeconds?: number;
  /** How long the address of a file works, in seconds. Default 86,400: the lower end of what Runway names. */
  readonly urlSeconds?: number;
  readonly keys?: SandboxKeys;
  /** Like plans of PiAPI that give the 2×2 grid only, without the four single pictures. Default false. */
  readonly gridOnly?: boolean;
  /** Credits of the Runway account; without enough of them, a video is refused. Default 1,000,000. */
  readonly runwayCredits?: number;
  readonly faults?: readonly FaultRule[];
  /** Of the dice that faults with a probability throw. Default 1. */
  readonly seed?: number;
}

/** What the clients take as their base addresses. */
export interface SandboxUrls {
  /** For `createOpenAI({ baseURL })`: ends in `/v1`. */
  readonly openai: string;
  /** Takes the place of `https://api.piapi.ai`; `/api/v1/task` and `/mj/v2/fetch` follow. */
  readonly piapi: string;
  /** For `new RunwayML({ baseURL })`, which appends `/v1/…`. */
  readonly runway: string;
  readonly files: string;
  readonly control: string;
}

export interface Sandbox extends AsyncDisposable {
  readonly port: number;
  readonly urls: SandboxUrls;
  /** Every paid call that arrived. */
  readonly ledger: Ledger;
  /** Replaces all rules and throws the dice anew. A rule that makes no sense is an exception. */
  setFaults(rules: readonly FaultRule[], seed?: number): void;
  /** How often each rule of the last `setFaults` was applied, in their order. */
  faultCounts(): number[];
  /** Moves the sandbox's clock forward, beside `now`, and does what is due. */
  advance(seconds: number): Promise<void>;
  /** Sends the webhooks that are due. With the machine's own clock this happens by itself. */
  tick(): Promise<void>;
  /** Ends all connections and removes the temporary files. */
  close(): Promise<void>;
}
