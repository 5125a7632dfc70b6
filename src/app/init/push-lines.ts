/** How a channel's folder comes onto GitHub, typed by somebody who has never done it; the repository is empty there. */
export const PUSH_LINES: readonly string[] = [
  'git init -b main && git add . && git commit -m "The channel"',
  'git remote add origin https://github.com/YOU/REPOSITORY.git',
  'git push -u origin main',
];
