/** A run on one page of Markdown, for the job page of GitHub Actions: what happened, what it cost, what comes next. */
import type { RunFindings } from '../../app/run-findings.ts';
import { placeText, type Failure } from '../../domain/failure.ts';
import { spentUsd } from '../../domain/ledger.ts';
import type { RunReport } from '../../runtime/run-channel.ts';
import { mediaLine } from './media-line.ts';
import { markdownTable, markdownText } from './markdown.ts';
import { ACTION_TEXTS, dollars, duration, nextAfter, STOP_TEXTS } from './texts.ts';

export interface RunSummary {
  readonly report: RunReport;
  readonly findings: RunFindings;
  readonly seconds: number;
  readonly exitCode: number;
}

export function summaryOfRun({ report, findings, seconds, exitCode }: RunSummary): string {
  const { ended } = STOP_TEXTS[report.stop];
  const parts = [`## Reelmill: ${markdownText(ended)}\n`, postText(report, findings)];
  if (report.failure !== null) parts.push(failureText(report.failure, exitCode));
  if (report.holder !== undefined) parts.push(`Held by ${markdownText(report.holder)}.\n`);
  parts.push(actionsText(report, seconds), costsText(findings));
  parts.push(`**Next:** ${markdownText(report.failure?.advice ?? nextAfter(report) ?? '')}\n`);
  return parts.filter((part) => part !== '').join('\n');
}

/** For a run that could not even begin. */
export function summaryOfFailure(failed: Failure, exitCode: number): string {
  return `## Reelmill: The run could not begin.\n\n${failureText(failed, exitCode)}\n**Next:** ${markdownText(failed.advice)}\n`;
}

function failureText(failed: Failure, exitCode: number): string {
  return `**Problem:** ${markdownText(`${failed.message}${placeText(failed)}`)}. Exit code ${exitCode}, \`${failed.code}\`.\n`;
}

function postText({ id }: RunReport, { post }: RunFindings): string {
  if (id === null) return '';
  const topic = post === null || post.topic === '' ? '' : `: ${markdownText(post.topic)}`;
  const lines = [`Post **${markdownText(id)}**${topic}\n`];
  const media = mediaLine(post?.media ?? null, markdownText);
  if (media !== null) lines.push(`${media}\n`);
  return lines.join('\n');
}

function actionsText({ actions }: RunReport, seconds: number): string {
  const time = `The run took ${duration(seconds)}.\n`;
  if (actions.length === 0) return time;
  const rows = actions.flatMap(({ action, event }) =>
    action === 'stop' ? [] : [[ACTION_TEXTS[action].doing, ACTION_TEXTS[action].provider, event ?? '']],
  );
  return `${time}\n${markdownTable(['Step', 'Asked', 'Result'], rows)}`;
}

function costsText({ costs }: RunFindings): string {
  if (costs === null) return 'What it cost could not be read.\n';
  const { calls, month } = costs;
  const spent = spentUsd(calls);
  const rows = calls.map((call) => [
    call.stage,
    `${call.provider} ${call.model}`.trim(),
    dollars(call.cost_usd),
    call.measured ? 'measured' : 'estimated',
  ]);
  const limit = month.budgets.find(({ budget }) => budget === 'month');
  const ceiling = limit === undefined ? '' : ` of ${dollars(limit.limitUsd)}`;
  const forecast = month.forecast === null ? '' : `, about ${dollars(month.forecast.usd)} by its end`;
  const table = rows.length === 0 ? '' : `\n${markdownTable(['Paid call', 'By', 'Cost', ''], rows)}`;
  return `**Cost:** ${dollars(spent)} in this run; ${dollars(month.usd)}${ceiling} in this month${forecast}.\n${table}`;
}
