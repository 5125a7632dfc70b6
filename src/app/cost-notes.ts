/** What a configuration says about money that is probably not meant: budgets in which no post fits, models without a price. */
import type { ConfigNote } from '../config/problem.ts';
import { runwayRequest, textModel, visionModel } from '../config/resolved.ts';
import type { Config } from '../config/schema.ts';
import { amountOf } from '../domain/budget.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { Draft } from '../domain/journal.ts';
import { microUsd } from '../domain/ledger.ts';
import { isListed } from '../domain/money.ts';
import type { PlannedCall } from '../ports/payments.ts';
import { mediaCallsAhead, textCallsAhead } from '../steps/paid-calls.ts';
import { budgetsOf, channelSettings, pricesOf } from './settings.ts';

/** Of the sample channels; a test compares them. */
export const USUAL_MONTHLY_USD = 60;

/** Every paid call of one post that its draft leaves to be made when nothing goes wrong, each with the most that it can cost. */
export function callsOfOnePost(
  config: Config,
  id: GenerationId = '20260101-0000' as GenerationId,
  draft: Draft = {},
): PlannedCall[] {
  const names = {
    settings: channelSettings(config),
    prices: pricesOf(config),
    textModel: { provider: 'openai', model: textModel(config) },
    imageJudge: { provider: 'openai', model: visionModel(config) },
    imageTasks: { provider: 'piapi', model: `midjourney ${config.IMAGE_GENERATION.process_mode}` },
    videoTasks: { provider: 'runway', model: runwayRequest(config).model },
  };
  return [...textCallsAhead(names, id, draft), ...mediaCallsAhead(names, id)];
}

export function costNotes(config: Config): ConfigNote[] {
  return [...notesOnMonth(config), ...notesOnBudgets(config), ...notesOnPrices(config)];
}

/** A day's budget limits the month too, and a post's alone does not: nobody counts the posts. */
function notesOnMonth(config: Config): ConfigNote[] {
  const { perDay, perMonth } = budgetsOf(config);
  if (perMonth !== null || perDay !== null) return [];
  return [
    {
      kind: 'suspicious',
      path: 'BUDGET.per_month_usd',
      message: 'is not set, and neither is per_day_usd: nothing limits what a month may cost',
      suggestion: `Write the most that a month may cost, such as ${USUAL_MONTHLY_USD}.`,
    },
  ];
}

/** Budgets under which a run would pay for texts and a picture, and never for the rest. */
export function hopelessBudgets(config: Config): ConfigNote[] {
  const dearest = Math.max(...callsOfOnePost(config).map(({ reserveUsd }) => reserveUsd));
  const { perDay, perMonth, perPost } = budgetsOf(config);
  const limits = { per_post_usd: perPost, per_day_usd: perDay, per_month_usd: perMonth };
  return Object.entries(limits)
    .filter(([, limit]) => limit !== null && limit < dearest)
    .map(([key]) => ({
      kind: 'suspicious',
      path: `BUDGET.${key}`,
      message: `is less than one call can cost (${amountOf(dearest)} USD): no post can ever be finished`,
      suggestion: `Write at least ${amountOf(mostOfOnePost(config))}, or choose a cheaper model.`,
    }));
}

/** In whole cents, rounded up: a figure that can be written down. */
function mostOfOnePost(config: Config): number {
  const micros = callsOfOnePost(config).reduce((sum, { reserveUsd }) => sum + microUsd(reserveUsd), 0);
  return Math.ceil(micros / 10_000) / 100;
}

function notesOnBudgets(config: Config): ConfigNote[] {
  const hopeless = hopelessBudgets(config);
  const path = 'BUDGET.per_post_usd';
  const most = mostOfOnePost(config);
  const { perPost } = budgetsOf(config);
  if (perPost === null || perPost >= most || hopeless.some((note) => note.path === path)) return hopeless;
  const message = `is less than a post can cost at the most (${amountOf(most)} USD): a post that reaches it waits for you`;
  const suggestion = `Write at least ${amountOf(most)}, and more if failed calls should be repeated.`;
  return [{ kind: 'suspicious', path, message, suggestion }, ...hopeless];
}

function notesOnPrices(config: Config): ConfigNote[] {
  const prices = pricesOf(config);
  const notes: ConfigNote[] = [];
  const note = (path: string, model: string): void =>
    void notes.push({
      kind: 'suspicious',
      path,
      message: `has no price for the model ${model}; the dearest known one is reckoned with`,
      suggestion: `Write its price into ${path}, so that budgets and \`reelmill costs\` are right.`,
    });
  for (const model of new Set([textModel(config), visionModel(config)]))
    if (!isListed(prices.text, model)) note('PRICES.openai', model);
  const { model } = runwayRequest(config);
  if (!isListed(prices.videoPerSecond, model)) note('PRICES.runway', model);
  return notes;
}
