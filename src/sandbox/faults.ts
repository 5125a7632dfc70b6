/**
 * Ways in which a provider can misbehave, as rules that a test or a soak sets. Each rule is checked when it is set: a rule
 * that can never apply would make a test pass that proves nothing.
 */
import { z } from 'zod';

import { diceOf } from './digest.ts';

const action = z.discriminatedUnion('type', [
  /** An error in the vendor's own shape, without effect. */
  z.strictObject({
    type: z.literal('status'),
    status: z.int().min(400).max(599),
    message: z.string().max(500).optional(),
    /** OpenAI's `code`. */
    code: z.string().max(100).optional(),
    /** PiAPI also answers errors under HTTP 200: then only the `code` of the body tells. */
    underHttp200: z.boolean().default(false),
  }),
  /** 429 with Retry-After, without effect. */
  z.strictObject({ type: z.literal('throttle'), retryAfterSeconds: z.int().min(0).max(86_400).default(20) }),
  /** Waits in real time, then goes on; other rules still apply. */
  z.strictObject({ type: z.literal('delay'), seconds: z.number().min(0).max(600) }),
  /** The connection breaks before anything happened; the ledger knows nothing. */
  z.strictObject({ type: z.literal('drop') }),
  /** The effect happens and the ledger has it, then the connection breaks. */
  z.strictObject({ type: z.literal('lose-answer') }),
  /** The effect happens, the answer is an HTML page or cut JSON, under HTTP 200 unless `status` says otherwise. */
  z.strictObject({
    type: z.literal('garbage'),
    form: z.enum(['html', 'truncated-json']).default('html'),
    status: z.int().min(200).max(599).default(200),
  }),
  /** The effect happens, the answer is JSON of another shape. For OpenAI: a good answer that holds the wrong object. */
  z.strictObject({ type: z.literal('malformed') }),
  /**
   * OpenAI: an answer of the right shape whose texts are all blank. Files: a GIF, which no provider here makes, under the
   * file's own content type.
   */
  z.strictObject({ type: z.literal('wrong-content') }),
  /** OpenAI: the answer ends in the middle, `finish_reason` is `length`. */
  z.strictObject({ type: z.literal('cut') }),
  /** OpenAI: the model refuses; `content_filter` as the finish reason, or a `refusal` beside an empty content. */
  z.strictObject({
    type: z.literal('refusal'),
    form: z.enum(['refusal', 'content_filter']).default('refusal'),
  }),
  /** The task is taken, charged and then fails. */
  z.strictObject({
    type: z.literal('task-fails'),
    reason: z.string().max(500).default('The task could not be completed.'),
    code: z.string().max(100).default('INTERNAL.BAD_OUTPUT.CODE01'),
  }),
  z.strictObject({ type: z.literal('task-never-finishes') }),
  /** The task ends well, but its answer names no file. */
  z.strictObject({ type: z.literal('no-urls') }),
  /** The file's length is announced in full, half of it comes. */
  z.strictObject({ type: z.literal('truncate-file') }),
  /** An HTML page under HTTP 200 and the file's own content type. */
  z.strictObject({ type: z.literal('html-file') }),
  z.strictObject({ type: z.literal('empty-file') }),
  /** A length is announced that no reader should take. */
  z.strictObject({ type: z.literal('huge-length'), bytes: z.int().min(1).default(50_000_000_000) }),
]);

const PROVIDERS = ['openai', 'piapi', 'runway', 'files'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** Every operation that a rule can name, by provider. `webhook` is the sandbox's own call to the client. */
export const OPERATIONS: Readonly<Record<ProviderName, readonly string[]>> = {
  openai: ['chat', 'responses', 'models'],
  piapi: ['imagine', 'upscale', 'fetch', 'task', 'webhook'],
  runway: ['image_to_video', 'task', 'delete', 'organization'],
  files: ['picture', 'grid', 'video'],
};

export type FaultAction = z.output<typeof action>;
type ActionType = FaultAction['type'];
const TEXT_ANSWERS = ['chat', 'responses'];
const CREATING = ['imagine', 'upscale', 'image_to_video'];
const FILES = OPERATIONS.files;
/** Those that come with a prompt. */
const PROMPTED: ReadonlySet<string> = new Set([...TEXT_ANSWERS, ...CREATING]);
/** Those that answer an object with a meaning. */
const TELLING = [...TEXT_ANSWERS, ...CREATING, 'fetch', 'task', 'webhook', 'organization'];
/** Actions that make sense for some operations only. */
const ONLY_FOR: Partial<Record<ActionType, readonly string[]>> = {
  malformed: TELLING,
  'wrong-content': [...TEXT_ANSWERS, ...FILES],
  cut: TEXT_ANSWERS,
  refusal: TEXT_ANSWERS,
  'task-fails': CREATING,
  'task-never-finishes': CREATING,
  'no-urls': CREATING,
  'truncate-file': FILES,
  'html-file': FILES,
  'empty-file': FILES,
  'huge-length': FILES,
};
/** Nobody answers a webhook, and it carries no file: these are all that can go wrong with one. */
const WEBHOOK_ACTIONS: ReadonlySet<ActionType> = new Set(['drop', 'malformed'] as const);

export const faultRuleSchema = z
  .strictObject({
    provider: z.enum(PROVIDERS),
    /** Default: every operation of the provider that the action fits. */
    operation: z.string().max(50).optional(),
    /** Only requests whose prompt holds these words; for operations that are paid for, since others have no prompt. */
    matching: z.string().min(1).max(500).optional(),
    /** Fitting requests that pass before the rule starts to apply. */
    skip: z.int().min(0).max(1_000_000).default(0),
    /** Most applications; default without end. */
    times: z.int().min(1).max(1_000_000).optional(),
    /** Chance that a fitting request is hit. */
    probability: z.number().min(0).max(1).default(1),
    action,
  })
  .refine(
    (rule) => OPERATIONS[rule.provider].some((operation) => fits(rule, operation)),
    'the provider has no such operation, or the action or `matching` does not fit it',
  )
  .refine(
    ({ provider, action }) => provider === 'piapi' || action.type !== 'status' || !action.underHttp200,
    'only PiAPI answers errors under HTTP 200',
  );
export const faultRulesSchema = z.array(faultRuleSchema).max(200);

export type FaultRule = z.input<typeof faultRuleSchema>;
type CheckedRule = z.output<typeof faultRuleSchema>;

/** Whether a task that was taken under this fault is certain to end without a file. */
export function endsEmpty(fault: FaultAction | null): boolean {
  return fault?.type === 'task-fails' || fault?.type === 'no-urls';
}

/** What befalls one request: a wait, and at most one action. */
export interface Fate {
  readonly delaySeconds: number;
  readonly action: FaultAction | null;
}

interface Standing {
  readonly rule: CheckedRule;
  seen: number;
  applied: number;
}

export class Faults {
  #standing: Standing[] = [];
  #dice = diceOf(1);

  /** Throws a `ZodError` when a rule makes no sense. */
  set(rules: readonly FaultRule[], seed: number): void {
    this.#standing = faultRulesSchema.parse(rules).map((rule) => ({ rule, seen: 0, applied: 0 }));
    this.#dice = diceOf(seed);
  }

  counts(): number[] {
    return this.#standing.map(({ applied }) => applied);
  }

  /** The first rule that applies wins; delays add up and let later rules have their say. */
  fateOf(provider: ProviderName, operation: string, prompt = ''): Fate {
    let delaySeconds = 0;
    for (const standing of this.#standing) {
      const { rule } = standing;
      if (rule.provider !== provider || !fits(rule, operation)) continue;
      if (!prompt.includes(rule.matching ?? '') || !this.#applies(standing)) continue;
      if (rule.action.type !== 'delay') return { delaySeconds, action: rule.action };
      delaySeconds += rule.action.seconds;
    }
    return { delaySeconds, action: null };
  }

  #applies(standing: Standing): boolean {
    const { skip, times = Infinity, probability } = standing.rule;
    standing.seen += 1;
    if (standing.seen <= skip || standing.applied >= times) return false;
    if (probability < 1 && this.#dice() >= probability) return false;
    standing.applied += 1;
    return true;
  }
}

function fits(
  rule: { operation?: string | undefined; matching?: string | undefined; action: FaultAction },
  operation: string,
): boolean {
  if (rule.matching !== undefined && !PROMPTED.has(operation)) return false;
  if (rule.operation !== undefined && rule.operation !== operation) return false;
  if (operation === 'webhook') return rule.operation === 'webhook' && WEBHOOK_ACTIONS.has(rule.action.type);
  return ONLY_FOR[rule.action.type]?.includes(operation) ?? true;
}
