import { ENGLISH_WORDS } from '../questions.ts';
import type { InitTexts } from './texts.ts';

export const ENGLISH: InitTexts = {
  asking: ENGLISH_WORDS,
  start: {
    question: 'What does the channel begin with?',
    sample: 'The sample channel: small inventions of everyday life',
    old: 'I have a config.json of the old scripts',
  },
  oldConfig: 'Where is it?',
  place: {
    question: 'Where are the posts kept?',
    bucket: 'In a bucket (Backblaze B2, AWS S3, Cloudflare R2, MinIO): for GitHub Actions',
    folder: 'In a folder of this machine',
  },
  folder: 'Which folder?',
  bucket: {
    question: 'Name of the bucket?',
    wrong: 'A bucket has a name of 3 to 63 small letters, digits, dots and hyphens, such as my-channel.',
  },
  endpoint: {
    question: 'Its endpoint, such as s3.us-east-005.backblazeb2.com?',
    wrong: 'That is no address of a server; the console of the store shows it beside the bucket.',
  },
  budget: {
    question: 'Most that a month may cost, in US dollars?',
    wrong: 'Write an amount such as 40.',
  },
  replace: (path) => `${path} is there already. Replace it?`,
  failures: {
    inTheWay: (path) => `${path} is there already, with another content`,
    inTheWayAdvice: 'Nothing was written. Choose another folder, or add --force to replace it.',
    configOutside: (name) => `--config ${name} is not a file inside the channel's folder`,
    unreadable: (path, reason) => `${path} could not be read: ${reason}`,
    wrongStore: (store) => `--store ${store} is neither folder:PATH nor s3://BUCKET`,
    wrongEndpoint: (address) =>
      `--endpoint ${address} is no address of a server, such as s3.us-east-005.backblazeb2.com`,
    missing: (what) => `${what} is needed`,
    missingAdvice: 'Without a terminal every answer is a flag; see `reelmill init --help`.',
    or: 'or',
    advice: 'See `reelmill init --help`.',
  },
  notIgnored: '.gitignore does not name .env: add it, or your keys end in the repository.',
  uncertainAction: (placeholder) =>
    `No run can begin yet: the workflow has ${placeholder} where the place of Reelmill on GitHub belongs.`,
  made: ({ limit, pictures, texts, videos }) =>
    `Texts by ${texts}, pictures by Midjourney (${pictures}), videos by ${videos}; ${limit}.`,
  noLimit: 'no limit for a month',
  limit: (amount) => `at most ${amount} a month`,
  next: 'Next:',
  steps: {
    fillIn: (secrets) => `cp .env.example .env, and fill in ${secrets}`,
    doctor: 'checks everything, spends nothing',
    dryRun: 'says what a run would do and cost',
    run: 'begins the first post; again, an hour later, to finish it',
    localPage: 'CHANNEL.md has the lines for cron, and what to know afterwards',
    action: (placeholder) =>
      `In .github/workflows/reelmill.yml, put the place of your copy of Reelmill on GitHub for ${placeholder}: owner/repository@ and the 40 digits of a commit`,
    repository: (folder) => `Make an empty private repository on GitHub, and put ${folder} there:`,
    ignored: '.env, where keys are, stays here: .gitignore names it',
    secrets: (secrets) => `There, in Settings → Secrets and variables → Actions, add ${secrets}`,
    workflow: 'Actions → Reelmill → Run workflow → doctor, then main; afterwards it runs by itself',
    page: 'CHANNEL.md says the same, and what to know afterwards',
  },
};
