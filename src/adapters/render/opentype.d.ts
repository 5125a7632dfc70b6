/** The few parts of opentype.js 2.0 that are used; the package brings no types of its own. */
declare module 'opentype.js' {
  type Command =
    | { readonly type: 'M' | 'L'; readonly x: number; readonly y: number }
    | { readonly type: 'Q'; readonly x1: number; readonly y1: number; readonly x: number; readonly y: number }
    | {
        readonly type: 'C';
        readonly x1: number;
        readonly y1: number;
        readonly x2: number;
        readonly y2: number;
        readonly x: number;
        readonly y: number;
      }
    | { readonly type: 'Z' };
  interface Path {
    readonly commands: readonly Command[];
  }
  interface Font {
    readonly unitsPerEm: number;
    hasChar(character: string): boolean;
    getAdvanceWidth(
      text: string,
      fontSize: number,
      options?: { kerning?: boolean; letterSpacing?: number },
    ): number;
    getPath(
      text: string,
      x: number,
      y: number,
      fontSize: number,
      options?: { kerning?: boolean; letterSpacing?: number },
    ): Path;
  }
  const opentype: { readonly parse: (data: ArrayBuffer) => Font };
  export default opentype;
  export type { Command, Font };
}
