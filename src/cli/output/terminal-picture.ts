/** A picture inside the terminal, where the terminal can: the protocols of kitty and iTerm2, told by what they set in the environment. */

export type PictureProtocol = 'kitty' | 'iterm';

/** Columns that a picture takes. */
const COLUMNS = 60;
/** Kitty takes at most this many characters of base64 in one piece. */
const PIECE = 4096;

/** `null`: the terminal shows none, or something in between (tmux, screen) would break the sequence. */
export function pictureProtocol(
  variables: Readonly<Record<string, string | undefined>>,
): PictureProtocol | null {
  const term = variables['TERM'] ?? '';
  if (variables['TMUX'] !== undefined || term.startsWith('screen') || term === 'dumb') return null;
  const program = variables['TERM_PROGRAM'] ?? '';
  if (variables['KITTY_WINDOW_ID'] !== undefined || term === 'xterm-kitty' || program === 'ghostty')
    return 'kitty';
  if (program === 'iTerm.app' || program === 'WezTerm' || variables['LC_TERMINAL'] === 'iTerm2')
    return 'iterm';
  return null;
}

/** The PNG as one text to print. */
export function pictureSequence(protocol: PictureProtocol, png: Uint8Array): string {
  const data = Buffer.from(png).toString('base64');
  if (protocol === 'iterm')
    return `\u001B]1337;File=inline=1;width=${COLUMNS};preserveAspectRatio=1;size=${png.length}:${data}\u0007`;
  const pieces = data.match(new RegExp(`.{1,${PIECE}}`, 'g')) ?? [''];
  return pieces
    .map((piece, at) => {
      const begins = at === 0 ? `a=T,f=100,c=${COLUMNS},` : '';
      return `\u001B_G${begins}m=${at === pieces.length - 1 ? 0 : 1};${piece}\u001B\\`;
    })
    .join('');
}
