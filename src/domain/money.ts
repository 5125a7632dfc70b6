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
/** A picture of up to 1024 pixels for a vision model; high-detail tiles come to less than this. */
const TOKENS_PER_PICTURE = 1_200;

export function textCost(
  prices: PriceList,
  model: string,
  usage: { inputTokens: number; outputTokens: number },
): number {
  const price = priceOf(prices.text, model);
  return price === undefined
    ? 0
    : (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1_000_000;
}

/** The most that a text call can be expected to cost. */
export function textReserve(
  prices: PriceList,
  model: string,
  prompt: string,
  maxOutputTokens: number,
  pictures = 0,
): number {
  const inputTokens = Math.ceil(prompt.length / CHARACTERS_PER_TOKEN) + 200 + pictures * TOKENS_PER_PICTURE;
  return textCost(prices, model, { inputTokens, outputTokens: maxOutputTokens });
}

export function videoCost(prices: PriceList, model: string, seconds: number): number {
  return (priceOf(prices.videoPerSecond, model) ?? 0) * seconds;
}

function priceOf<T>(table: Readonly<Record<string, T>>, model: string): T | undefined {
  if (Object.hasOwn(table, model)) return table[model];
  // A dated model (`gpt-4o-2024-11-20`) costs what its family costs.
  const family = Object.keys(table)
    .filter((name) => model.startsWith(`${name}-`))
    .sort((a, b) => b.length - a.length)[0];
  return family === undefined ? table['*'] : table[family];
}
