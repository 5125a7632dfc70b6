/** CHANNEL.md: what the owner of a channel, who is not a programmer, needs to know about it, in the channel's language. */
import type { Config } from '../../config/schema.ts';
import { PUSH_LINES } from './push-lines.ts';
import { ACTION_PLACEHOLDER, cronLines } from './workflow-file.ts';

export type Language = 'en' | 'ru';

export interface ChannelPageFacts {
  readonly language: Language;
  readonly config: Config;
  readonly configPath: string;
  /** A folder's path, or null for a bucket. */
  readonly folder: string | null;
  /** The command that puts Reelmill into the channel's folder. */
  readonly install: string;
  /** False: the command names a folder of this machine, which a page in a repository has no business to show. */
  readonly isReleased: boolean;
  /** False: the workflow holds a placeholder where the place of Reelmill belongs. */
  readonly isPlaced: boolean;
  readonly secrets: readonly string[];
  /** For a folder: lines for this machine's crontab. */
  readonly crontab: readonly string[];
  readonly now: Date;
}

/** Where each key comes from; the same in both languages. */
const KEY_PAGES: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: 'https://platform.openai.com/api-keys',
  MIDJOURNEY_API_KEY: 'https://piapi.ai/workspace/key',
  RUNWAY_API_KEY: 'https://dev.runwayml.com',
};

export function renderChannelPage(facts: ChannelPageFacts): string {
  return facts.language === 'ru' ? russianPage(facts) : englishPage(facts);
}

const BACKBLAZE_KEYS = 'https://secure.backblaze.com/app_keys.htm';

/** `console`: what the page of another store is called. */
function keyTable({ config, secrets }: ChannelPageFacts, console: string): string {
  const isBackblaze = /\.backblazeb2\.com\b/.test(config.API_KEYS.b2.endpoint ?? '');
  const place = (name: string): string => {
    if (name === 'B2_ACCESS_KEY')
      return isBackblaze ? `${BACKBLAZE_KEYS} (keyID)` : `${console} (access key id)`;
    if (name === 'B2_SECRET_KEY')
      return isBackblaze ? `${BACKBLAZE_KEYS} (applicationKey)` : `${console} (secret access key)`;
    return KEY_PAGES[name] ?? '';
  };
  return secrets.map((name) => `| \`${name}\` | ${place(name)} |`).join('\n');
}

/** `20:30`, and the checks, as the scheduler has them. */
function times({ config, now }: ChannelPageFacts): { readonly main: string; readonly checks: string } {
  const lines = cronLines(config, now);
  const time = (cron: string): string => {
    const [minutes = '', hours = ''] = cron.split(' ');
    return `${hours.padStart(2, '0')}:${minutes.padStart(2, '0')}`;
  };
  return { main: time(lines.main), checks: lines.checks.map(time).join(', ') || '–' };
}

interface LimitTexts {
  readonly month: string;
  readonly day: string;
  readonly post: string;
  readonly set: (amounts: string) => string;
  /** Names no limit where there is none, so that nobody believes in one. */
  readonly noMonth: string;
  readonly none: string;
}

const ENGLISH_LIMITS: LimitTexts = {
  month: 'a month',
  day: 'a day',
  post: 'a post',
  set: (amounts) => `Limits: ${amounts}. A run stops before a paid call that would pass one.`,
  noMonth: 'A month has no limit of its own: set `BUDGET.per_month_usd` in the configuration.',
  none: '**No limit is set**, so that no run stops because of what it costs: set `BUDGET.per_month_usd` in the configuration.',
};
const RUSSIAN_LIMITS: LimitTexts = {
  month: 'в месяц',
  day: 'в день',
  post: 'на пост',
  set: (amounts) =>
    `Пределы: ${amounts}. Запуск остановится до платного вызова, который превысил бы один из них.`,
  noMonth: 'На месяц своего предела нет: задайте `BUDGET.per_month_usd` в конфигурации.',
  none: '**Предела нет**, так что расходы не остановят ни одного запуска: задайте `BUDGET.per_month_usd` в конфигурации.',
};

function limits({ config }: ChannelPageFacts, texts: LimitTexts): string {
  const { per_day_usd: perDay, per_month_usd: perMonth, per_post_usd: perPost } = config.BUDGET;
  const named = [
    [perMonth, texts.month],
    [perDay, texts.day],
    [perPost, texts.post],
  ] as const;
  const set = named.flatMap(([usd, name]) =>
    usd === null ? [] : [`$${usd.toFixed(Number.isInteger(usd) ? 0 : 2)} ${name}`],
  );
  if (set.length === 0) return texts.none;
  return `${texts.set(set.join(', '))}${perMonth === null ? ` ${texts.noMonth}` : ''}`;
}

/** Where in a bucket the keys of this channel begin. */
function below({ config }: ChannelPageFacts, word: string): string {
  const { prefix } = config.API_KEYS.b2;
  return prefix === '' ? '' : `${word} \`${prefix}\``;
}

const TOKEN_LINE = '`TELEGRAM_BOT_TOKEN: ${{ secrets.TELEGRAM_BOT_TOKEN }}`';

function englishAlerts({ config, configPath, folder }: ChannelPageFacts): string {
  const { ready_by: readyBy } = config.SCHEDULE;
  const late = readyBy === null ? '' : `, or no post is ready by ${readyBy}`;
  const place =
    folder === null
      ? `as a repository secret, with the line ${TOKEN_LINE} beside the other keys in the workflow`
      : 'into `.env`';
  return `To be told when a run fails, a budget stops it${late}:

1. In Telegram, write \`/newbot\` to @BotFather, and then a word to the bot that it makes.
2. Put the number of your chat (\`https://api.telegram.org/botTOKEN/getUpdates\` shows it in the browser, as the \`id\` of \`chat\`) into \`ALERTS.telegram.chat_id\` of \`${configPath}\`, and the bot's token as \`TELEGRAM_BOT_TOKEN\` ${place}.
3. \`npx reelmill alerts test\` sends a message. Slack, Discord, e-mail and others are in Reelmill's \`docs/alerts.md\`.`;
}

function russianAlerts({ config, configPath, folder }: ChannelPageFacts): string {
  const { ready_by: readyBy } = config.SCHEDULE;
  const late = readyBy === null ? '' : ` или к ${readyBy} нет готового поста`;
  const place =
    folder === null
      ? `как repository secret, а рядом с другими ключами в файле расписания — строку ${TOKEN_LINE}`
      : 'в `.env`';
  return `Чтобы узнать, когда запуск не удался, его остановил предел расходов${late}:

1. В Telegram напишите \`/newbot\` боту @BotFather, а затем любое слово боту, которого он создаст.
2. Впишите номер своего чата (его покажет в браузере \`https://api.telegram.org/botТОКЕН/getUpdates\`: \`id\` в \`chat\`) в \`ALERTS.telegram.chat_id\` файла \`${configPath}\`, а токен бота под именем \`TELEGRAM_BOT_TOKEN\` ${place}.
3. \`npx reelmill alerts test\` пошлёт сообщение. Slack, Discord, почта и другое — в \`docs/alerts.md\` Reelmill.`;
}

/** For a page that goes into a repository; `words` stand for the folder of a checkout. */
function publicInstall({ install, isReleased }: ChannelPageFacts, words: string): string {
  return isReleased ? install : `npm install ${words}`;
}

/** With the placeholder first, since nothing runs before it is replaced. */
function numbered(steps: readonly (string | null)[]): string {
  return steps
    .filter((step) => step !== null)
    .map((step, index) => `${index + 1}. ${step}`)
    .join('\n');
}

/** Inside a numbered step. */
function pushBlock(): string {
  return ['```sh', ...PUSH_LINES, '```'].map((line) => `   ${line}`).join('\n');
}

/** A channel that runs elsewhere needs no Reelmill here, until its owner asks something. */
function localNote({ folder }: ChannelPageFacts, note: string): string {
  return folder === null ? `${note}\n\n` : '';
}

function englishPage(facts: ChannelPageFacts): string {
  const { config, configPath, folder } = facts;
  const { FILE_PATHS: paths } = config;
  const { main, checks } = times(facts);
  const start =
    folder === null
      ? numbered([
          facts.isPlaced
            ? null
            : `In \`.github/workflows/reelmill.yml\`, put the place of your copy of Reelmill on GitHub for \`${ACTION_PLACEHOLDER}\`: \`owner/repository@\` and the 40 digits of a commit. No run begins before.`,
          `Make an empty private repository on GitHub, and put this folder there. \`.env\`, where keys are, stays here: \`.gitignore\` names it.\n\n${pushBlock()}\n`,
          `There, under *Settings → Secrets and variables → Actions*, add each key of the table below as a repository secret.`,
          `Under *Actions → Reelmill → Run workflow*, choose \`doctor\`. It checks everything and spends nothing.`,
          `When it shows no problem, choose \`dry-run\` to see what the next run would do and cost, and \`main\` to make the first post now, or wait for ${main} UTC.`,
        ])
      : `1. In this folder, install Reelmill with \`${facts.install}\`, copy \`.env.example\` to \`.env\` and fill in the keys of the table below.
2. \`npx reelmill doctor\` checks everything and spends nothing.
3. \`npx reelmill run --dry-run\` says what a run would do and cost; without \`--dry-run\` it does it.
4. To make it run every day, add these lines with \`crontab -e\`; cron goes by this machine's own clock:

\`\`\`
${facts.crontab.join('\n')}
\`\`\``;
  return `# This channel

Reelmill writes a post for it every day: text, comment, poll, picture and video.

## Start

${start}

| Key | Where you get it |
| --- | --- |
${keyTable(facts, 'the console of the store')}

## Every day

| When (UTC) | What happens |
| --- | --- |
| ${main} | Posts that were published are archived, finished ones move up, and a new one is begun when none waits |
| ${checks} | The picture is fetched and the video is made; nothing new is begun |

Finished posts lie in ${folder === null ? `the bucket${below(facts, ', below')}` : `\`${folder}\``}: a new one in \`${paths.folder_666}\`, the next in \`${paths.folder_555}\`, the one to publish in \`${paths.folder_444}\`. Each is three files: \`<id>.json\` (texts), \`<id>.png\`, \`<id>.mp4\`. Your publisher takes the one in \`${paths.folder_444}\` and adds its id to \`generation_id\` in \`${paths.config_public}\`; the next main run moves it to \`${paths.archive_folder}\`.

In \`<id>.json\`, \`media\` says whether picture and video are real or stand-ins (\`placeholder\`, \`mock\`) that took the place of ones that did not come.

## Money

${limits(facts, ENGLISH_LIMITS)} \`npx reelmill costs\` shows what was spent, by day and provider.

## To be told of trouble

${englishAlerts(facts)}

## Change something

Everything is in \`${configPath}\`: prompts, subjects (\`CONTENT.focuses\`), lengths, prices, times. \`npx reelmill config check\` says what is wrong with it before a run does.${folder === null ? ' The times of runs stand in `.github/workflows/reelmill.yml`.' : ''}

## When something is wrong

${localNote(facts, `The commands here work on your own machine after \`${publicInstall(facts, 'FOLDER')}\` in this folder${facts.isReleased ? '' : ' (FOLDER is that of your copy of Reelmill)'}, with the keys in \`.env\` (a copy of \`.env.example\`):`)}- \`npx reelmill status\`: where the channel stands, and what the next run will do.
- \`npx reelmill doctor\`: each part, with what to do about it.${
    folder === null
      ? `
- A red run under *Actions* says on its page what failed and what to do. The next run goes on where it stopped, and pays for nothing again that it has.
- Pause: *Actions → Reelmill → ⋯ → Disable workflow*. In public repositories GitHub does this by itself after 60 days without a commit.`
      : ''
  }
`;
}

function russianPage(facts: ChannelPageFacts): string {
  const { config, configPath, folder } = facts;
  const { FILE_PATHS: paths } = config;
  const { main, checks } = times(facts);
  const start =
    folder === null
      ? numbered([
          facts.isPlaced
            ? null
            : `В \`.github/workflows/reelmill.yml\` вместо \`${ACTION_PLACEHOLDER}\` впишите, где на GitHub лежит ваша копия Reelmill: \`owner/repository@\` и 40 знаков коммита. До этого ни один запуск не начнётся.`,
          `Создайте пустой закрытый репозиторий на GitHub и положите туда эту папку. \`.env\` с ключами останется здесь: он назван в \`.gitignore\`.\n\n${pushBlock()}\n`,
          `Там в *Settings → Secrets and variables → Actions* добавьте каждый ключ из таблицы как repository secret.`,
          `В *Actions → Reelmill → Run workflow* выберите \`doctor\`: он проверит всё и ничего не потратит.`,
          `Когда проблем нет, выберите \`dry-run\`, чтобы узнать, что сделает и сколько потратит следующий запуск, а затем \`main\`, чтобы сделать первый пост сейчас, или дождитесь ${main} UTC.`,
        ])
      : `1. В этой папке установите Reelmill командой \`${facts.install}\`, скопируйте \`.env.example\` в \`.env\` и впишите ключи из таблицы.
2. \`npx reelmill doctor\` проверит всё и ничего не потратит.
3. \`npx reelmill run --dry-run\` скажет, что сделает и сколько потратит запуск; без \`--dry-run\` он это сделает.
4. Для ежедневной работы добавьте эти строки через \`crontab -e\`; cron живёт по часам этой машины:

\`\`\`
${facts.crontab.join('\n')}
\`\`\``;
  return `# Этот канал

Reelmill каждый день делает для него пост: текст, комментарий, опрос, картинку и видео.

## Начало

${start}

| Ключ | Где взять |
| --- | --- |
${keyTable(facts, 'консоль хранилища')}

## Каждый день

| Когда (UTC) | Что происходит |
| --- | --- |
| ${main} | Опубликованные посты уходят в архив, готовые продвигаются, и начинается новый, если ни один не ждёт |
| ${checks} | Забирается картинка и делается видео; ничего нового не начинается |

Готовые посты лежат ${folder === null ? `в бакете${below(facts, ', под')}` : `в \`${folder}\``}: новый в \`${paths.folder_666}\`, следующий в \`${paths.folder_555}\`, тот, что пора публиковать, в \`${paths.folder_444}\`. Каждый состоит из трёх файлов: \`<id>.json\` (тексты), \`<id>.png\`, \`<id>.mp4\`. Публикатор берёт пост из \`${paths.folder_444}\` и добавляет его id в \`generation_id\` объекта \`${paths.config_public}\`; следующий основной запуск переносит его в \`${paths.archive_folder}\`.

Поле \`media\` в \`<id>.json\` говорит, настоящие ли картинка и видео, или это замена (\`placeholder\`, \`mock\`) для тех, что не пришли.

## Деньги

${limits(facts, RUSSIAN_LIMITS)} \`npx reelmill costs\` показывает расходы по дням и сервисам.

## Узнавать о неполадках

${russianAlerts(facts)}

## Что-то изменить

Всё находится в \`${configPath}\`: промпты, темы (\`CONTENT.focuses\`), длина, цены, времена. \`npx reelmill config check\` скажет об ошибке раньше, чем на неё наткнётся запуск.${folder === null ? ' Времена запусков записаны в `.github/workflows/reelmill.yml`.' : ''}

## Если что-то не так

${localNote(facts, `Команды с этой страницы работают на вашей машине после \`${publicInstall(facts, 'ПАПКА')}\` в этой папке${facts.isReleased ? '' : ' (ПАПКА — та, где лежит ваша копия Reelmill)'}, с ключами в \`.env\` (копии \`.env.example\`):`)}- \`npx reelmill status\`: в каком состоянии канал и что сделает следующий запуск.
- \`npx reelmill doctor\`: проверка каждой части, с советом.${
    folder === null
      ? `
- Красный запуск в *Actions* пишет на своей странице, что не удалось и что делать. Следующий продолжит с того же места и не заплатит снова за то, что уже есть.
- Пауза: *Actions → Reelmill → ⋯ → Disable workflow*. В открытых репозиториях GitHub делает это сам после 60 дней без коммитов.`
      : ''
  }
`;
}
