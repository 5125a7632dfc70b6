/** The costs of a month as a person reads them: sums, budgets, a bar for each day, posts and providers. */
import type { Costs } from '../../app/costs.ts';
import type { CostReport, Sum } from '../../app/cost-report.ts';
import type { Cli } from '../cli.ts';
import { dollars } from './texts.ts';

const BAR_COLUMNS = 40;
/** A month of two posts a day; the rest is in `--csv`. */
const MOST_POSTS = 15;
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

export function printCosts(cli: Cli, { report, store }: Costs): void {
  const { colors } = cli;
  const [year, number] = report.month.split('-');
  cli.print(
    `${colors.bold(`Costs of ${MONTHS[Number(number) - 1] ?? ''} ${year} (UTC)`)}  ${colors.dim(store)}`,
  );
  const row = (name: string, text: string): void => cli.print(`${colors.dim(name.padEnd(12))}${text}`);
  if (report.calls === 0) {
    row('Spent', 'nothing');
    return;
  }
  row(
    'Spent',
    `${colors.bold(dollars(report.usd))} in ${count(report.calls, 'paid call')}${estimated(report)}`,
  );
  if (report.unknown.calls > 0)
    row(
      '',
      colors.yellow(
        `${count(report.unknown.calls, 'call')} of unknown outcome, counted at the most that it can cost: ${dollars(report.unknown.usd)}`,
      ),
    );
  for (const { budget, limitUsd, spentUsd } of report.budgets) {
    const used = limitUsd === 0 ? 1 : spentUsd / limitUsd;
    const text = `${dollars(spentUsd)} of ${dollars(limitUsd)} (${Math.round(used * 100)} %)`;
    row(budget === 'day' ? 'Today' : 'This month', used >= 0.8 ? colors.yellow(text) : text);
  }
  if (report.forecast) row('Forecast', forecastText(report.forecast));
  heading(cli, 'By day');
  for (const line of barChart(report.byDay)) cli.print(`  ${line}`);
  heading(cli, 'By post');
  for (const post of report.byPost.slice(0, MOST_POSTS)) {
    const kinds = Object.entries(post.byKind).map(([kind, usd]) => `${kind} ${dollars(usd)}`);
    cli.print(`  ${post.id}  ${dollars(post.usd).padStart(7)}  ${colors.dim(kinds.join(', '))}`);
  }
  if (report.byPost.length > MOST_POSTS)
    cli.print(colors.dim(`  and ${report.byPost.length - MOST_POSTS} more; --csv lists every call`));
  heading(cli, 'By provider');
  const width = Math.max(
    ...report.byProvider.map(({ provider, model }) => provider.length + model.length + 1),
  );
  for (const { provider, model, ...sum } of report.byProvider) {
    const name = `${provider} ${model}`.padEnd(width);
    cli.print(`  ${name}  ${dollars(sum.usd).padStart(7)}  ${count(sum.calls, 'call')}${estimated(sum)}`);
  }
}

function heading(cli: Cli, text: string): void {
  cli.print('');
  cli.print(cli.colors.bold(text));
}

function count(calls: number, name: string): string {
  return `${calls} ${name}${calls === 1 ? '' : 's'}`;
}

function estimated(sum: Sum): string {
  if (sum.estimatedUsd === 0) return ', all as the providers reported';
  return sum.estimatedUsd === sum.usd ? ', estimated' : `, ${dollars(sum.estimatedUsd)} of it estimated`;
}

function forecastText({ usd, perDayUsd, days, budgetUsedUpOn }: NonNullable<CostReport['forecast']>): string {
  const basis = `${dollars(perDayUsd)} a day over the last ${days === 1 ? 'full day' : `${days} full days`}`;
  const end = budgetUsedUpOn === null ? '' : `; the month’s budget would be used up on ${budgetUsedUpOn}`;
  return `${dollars(usd)} for the whole month, at ${basis}${end}`;
}

/** One line a day: `11-24  ████▌  $0.59`. Bars to an eighth of a column; every cost above nothing shows something. */
export function barChart(
  days: readonly { readonly day: string; readonly usd: number }[],
  columns = BAR_COLUMNS,
): string[] {
  const most = Math.max(...days.map(({ usd }) => usd), 0);
  return days.map(({ day, usd }) => {
    const eighths = most === 0 || usd === 0 ? 0 : Math.max(1, Math.round((usd / most) * columns * 8));
    const bar = '█'.repeat(Math.floor(eighths / 8)) + (' ▏▎▍▌▋▊▉'[eighths % 8] ?? '').trim();
    return `${day.slice(5)}  ${bar.padEnd(columns)}  ${usd === 0 ? '–' : dollars(usd)}`;
  });
}
