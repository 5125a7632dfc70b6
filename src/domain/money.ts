/** What things cost. Vendor figures carry their source and date; a channel can override each in its configuration (`PRICES`). */

/** USD per million tokens. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

export interface PriceList {
  /** By model name; `*` for a model that is not listed. */
  readonly text: Readonly<Record<string, TokenPrice>>;
  /** USD per picture task, by provider mode. */
  readonly image: number;
  /** USD per second of video, by model; `*` for a model that is not listed. */
  readonly videoPerSecond: Readonly<Record<string, number>>;
}

/** Tokens of a text in any script: no tokenizer makes more than about one token of a character and a half. Used only for reserves. */
const CHARACTERS_PER_TOKEN = 1.5;
/**
 * The most that one picture comes to, in the tokens that a model counts (OpenAI's vision guide, read in November 2026):
 * eight tiles of 170 for the large models, 1,536 patches times 2.46 for the small ones, eight tiles of 5,667 for gpt-4o-mini.
 */
const TOKENS_PER_PICTURE = [
  { model: /^gpt-4o-mini/, tokens: 48_200 },
  { model: /mini|nano/, tokens: 3_800 },
  { model: /./, tokens: 1_600 },
] as const;

export interface TokenCount {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function textCost(prices: PriceList, model: string, usage: TokenCount): number {
  const price = priceOf(prices.text, model);
  return price === undefined
    ? 0
    : (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1_000_000;
}

/**
 * What an answered call cost: the provider's own count of tokens at the price of the model that really answered, or, when
 * that one is not listed, of the model that was asked. A server that counts no tokens is charged for at the reserve.
 */
export function textCharge(
  prices: PriceList,
  asked: string,
  answer: { readonly usage: TokenCount; readonly model: string },
  reserveUsd: number,
): { readonly costUsd: number; readonly measured: boolean } {
  if (answer.usage.outputTokens <= 0) return { costUsd: reserveUsd, measured: false };
  const model = isListed(prices.text, answer.model) ? answer.model : asked;
  return { costUsd: textCost(prices, model, answer.usage), measured: true };
}

/** The same for an answer that was useless; null when it does not say what it used. */
export function failedTextCharge(
  prices: PriceList,
  asked: string,
  failed: { readonly usage?: TokenCount & { readonly model: string } },
  reserveUsd: number,
): { readonly costUsd: number; readonly measured: boolean } | null {
  const { usage } = failed;
  return usage === undefined ? null : textCharge(prices, asked, { usage, model: usage.model }, reserveUsd);
}

/** The most that a text call can be expected to cost. */
export function textReserve(
  prices: PriceList,
  model: string,
  promptCharacters: number,
  maxOutputTokens: number,
  pictures = 0,
): number {
  const perPicture = TOKENS_PER_PICTURE.find((row) => row.model.test(model))?.tokens ?? 0;
  const inputTokens = Math.ceil(promptCharacters / CHARACTERS_PER_TOKEN) + 200 + pictures * perPicture;
  return textCost(prices, model, { inputTokens, outputTokens: maxOutputTokens });
}

export function videoCost(prices: PriceList, model: string, seconds: number): number {
  return (priceOf(prices.videoPerSecond, model) ?? 0) * seconds;
}

/** Whether the model has a price of its own, so that no `*` had to stand in for it. */
export function isListed(table: Readonly<Record<string, unknown>>, model: string): boolean {
  return nameIn(table, model) !== null;
}

function priceOf<T>(table: Readonly<Record<string, T>>, model: string): T | undefined {
  return table[nameIn(table, model) ?? '*'];
}

/** A dated model (`gpt-4o-2024-11-20`) costs what the undated one costs; `gpt-5-pro` is another model than `gpt-5`. */
function nameIn(table: Readonly<Record<string, unknown>>, model: string): string | null {
  if (model !== '*' && Object.hasOwn(table, model)) return model;
  const undated = model.replace(/-(\d{4}-\d{2}-\d{2}|\d{4}|latest)$/, '');
  return undated !== model && undated !== '*' && Object.hasOwn(table, undated) ? undated : null;
}
