import type { InitTexts } from './texts.ts';

export const RUSSIAN: InitTexts = {
  asking: {
    wrongNumber: (most) => `Ответьте числом от 1 до ${most}.`,
    unanswered: (question) => `На вопрос «${question}» нет подходящего ответа`,
    yesOrNo: '(д/Н)',
    empty: 'Напишите что-нибудь.',
  },
  start: {
    question: 'С чего начинается канал?',
    sample: 'С образца: забытые ремёсла и профессии',
    old: 'У меня есть config.json старых скриптов',
  },
  oldConfig: 'Где он?',
  place: {
    question: 'Где хранить посты?',
    bucket: 'В бакете (Backblaze B2, AWS S3, Cloudflare R2, MinIO): для GitHub Actions',
    folder: 'В папке на этой машине',
  },
  folder: 'В какой папке?',
  bucket: {
    question: 'Имя бакета?',
    wrong:
      'Имя бакета — от 3 до 63 знаков: маленькие латинские буквы, цифры, точки и дефисы, например my-channel.',
  },
  endpoint: {
    question: 'Его endpoint, например s3.us-east-005.backblazeb2.com?',
    wrong: 'Это не адрес сервера; консоль хранилища показывает его рядом с бакетом.',
  },
  budget: {
    question: 'Сколько самое большее может стоить месяц, в долларах США?',
    wrong: 'Напишите сумму, например 40.',
  },
  replace: (path) => `${path} уже есть. Заменить?`,
  failures: {
    inTheWay: (path) => `${path} уже есть, с другим содержимым`,
    inTheWayAdvice: 'Ничего не записано. Выберите другую папку или добавьте --force, чтобы заменить.',
    configOutside: (name) => `--config ${name} — не файл внутри папки канала`,
    unreadable: (path, reason) => `${path} не удалось прочесть: ${reason}`,
    wrongStore: (store) => `--store ${store} — не folder:ПАПКА и не s3://БАКЕТ`,
    wrongEndpoint: (address) =>
      `--endpoint ${address} — не адрес сервера, такой как s3.us-east-005.backblazeb2.com`,
    missing: (what) => `Нужно указать ${what}`,
    missingAdvice: 'Без терминала каждый ответ даётся флагом; смотрите `reelmill init --help`.',
    or: 'или',
    advice: 'Смотрите `reelmill init --help`.',
  },
  notIgnored: 'В .gitignore нет .env: добавьте его, иначе ключи окажутся в репозитории.',
  uncertainAction: (placeholder) =>
    `Пока ни один запуск не начнётся: в файле расписания стоит ${placeholder} вместо места, где Reelmill лежит на GitHub.`,
  made: ({ limit, pictures, texts, videos }) =>
    `Тексты — ${texts}, картинки — Midjourney (${pictures}), видео — ${videos}; ${limit}.`,
  noLimit: 'без предела на месяц',
  limit: (amount) => `не больше ${amount} в месяц`,
  next: 'Дальше:',
  steps: {
    fillIn: (secrets) => `cp .env.example .env, и впишите в него ${secrets}`,
    doctor: 'проверит всё и ничего не потратит',
    dryRun: 'скажет, что сделает и сколько потратит запуск',
    run: 'начнёт первый пост; ещё раз через час — закончит',
    localPage: 'В CHANNEL.md — строки для cron и всё, что нужно знать потом',
    action: (placeholder) =>
      `В .github/workflows/reelmill.yml вместо ${placeholder} впишите, где на GitHub лежит ваша копия Reelmill: owner/repository@ и 40 знаков коммита`,
    repository: (folder) => `Создайте пустой закрытый репозиторий на GitHub и положите туда ${folder}:`,
    ignored: '.env с ключами останется здесь: он назван в .gitignore',
    secrets: (secrets) => `Там, в Settings → Secrets and variables → Actions, добавьте ${secrets}`,
    workflow: 'Actions → Reelmill → Run workflow → doctor, затем main; дальше всё идёт само',
    page: 'В CHANNEL.md — то же самое и всё, что нужно знать потом',
  },
};
