/** `reelmill costs`: what the channel has spent, on what, and where that leads. */
import type { Command } from 'commander';
import { failure } from '../../domain/failure.ts';
import { globalOptions, printJson, reportFailure, type Cli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';

interface CostsFlags {
  readonly month?: string;
  readonly csv?: boolean;
}

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

export function addCosts(program: Command, cli: Cli): void {
  program
    .command('costs')
    .description('show what a month has cost, by day, post and provider, and a forecast; reads only')
    .option('--month <month>', 'such as 2026-11 (default: the present month, UTC)')
    .option('--csv', 'one line a paid call, for a spreadsheet')
    .addHelpText(
      'after',
      `
Examples:
  reelmill costs
  reelmill costs --month 2026-10
  reelmill costs --csv > november.csv
  reelmill costs --json | jq .forecast.usd`,
    )
    .action(async (flags: CostsFlags, command: Command) => {
      const options = globalOptions(command);
      const month = flags.month ?? null;
      if (month !== null && !MONTH.test(month)) {
        const wrong = failure('usage', `--month ${month} is not a month such as 2026-11`);
        return reportFailure(cli, options, wrong.failure);
      }
      if (flags.csv === true && options.json === true) {
        const both = failure('usage', '--csv and --json are two forms of the answer; ask for one of them');
        return reportFailure(cli, options, both.failure);
      }
      const { openChannel } = await import('../channel.ts');
      const channel = await openChannel(cli, options);
      if (!channel.ok) return reportFailure(cli, options, channel.failure);
      const [{ costsOf }, { costsAsCsv }, { printCosts }] = await Promise.all([
        import('../../app/costs.ts'),
        import('../../app/cost-report.ts'),
        import('../output/costs-text.ts'),
      ]);
      const costs = await costsOf(channel.value.loaded.config, channel.value.environment, month);
      if (!costs.ok) return reportFailure(cli, options, costs.failure);
      cli.setExitCode(EXIT.done);
      if (flags.csv === true) cli.print(costsAsCsv(costs.value.calls));
      else if (options.json === true)
        printJson(cli, { ok: true, store: costs.value.store, ...costs.value.report });
      else printCosts(cli, costs.value);
    });
}
