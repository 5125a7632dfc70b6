/** Text that others wrote, made safe to print: an escape sequence in a model's answer must not steer somebody's terminal. */

/** Without control characters; line ends stay. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed.
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g, ' ');
}

/** In one line, cut to `limit` characters. */
export function oneLine(text: string, limit = 200): string {
  const line = plainText(text).replaceAll(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

/** Broken at spaces so that no line is longer than `width`, a longer word apart. */
export function wrapped(text: string, width: number): string[] {
  return plainText(text)
    .split('\n')
    .flatMap((paragraph) => {
      const lines: string[] = [];
      let line = '';
      for (const word of paragraph.split(' ')) {
        if (line !== '' && line.length + 1 + word.length > width) {
          lines.push(line);
          line = word;
        } else line = line === '' ? word : `${line} ${word}`;
      }
      lines.push(line);
      return lines;
    });
}
