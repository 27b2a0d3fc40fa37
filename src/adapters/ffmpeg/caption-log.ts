/** What libass says on stderr about glyphs that it could not find. It draws nothing or a box for them, and ffmpeg still ends with 0. */

const SOUGHT = /Glyph 0x([0-9A-F]+) not found, selecting one more font/i;
const NOT_FOUND = /Glyph 0x([0-9A-F]+) not found in font|failed to find any fallback with glyph 0x([0-9A-F]+)/i;
const FONT_CHOSEN = /fontselect: \(.*\) -> /;

/** Reads stderr line by line; libass before 0.15 says only that it looks for another font, newer ones also that there is none. */
export function captionLog() {
  const missing = new Set<number>();
  let sought: number | undefined;
  const notInFallback = () => {
    if (sought !== undefined) missing.add(sought);
    sought = undefined;
  };
  return {
    onStderrLine(line: string): void {
      if (!/Parsed_ass|fontselect|Glyph/.test(line)) return;
      if (FONT_CHOSEN.test(line)) sought = undefined;
      else notInFallback();
      const absent = NOT_FOUND.exec(line);
      if (absent) missing.add(Number.parseInt(absent[1] ?? absent[2] ?? '0', 16));
      const seeking = SOUGHT.exec(line);
      if (seeking) sought = Number.parseInt(seeking[1] ?? '0', 16);
    },
    /** The characters without a glyph, in code point order. U+0000 stands for "no font at all". */
    missing(): string[] {
      notInFallback();
      return [...missing].sort((a, b) => a - b).map((code) => String.fromCodePoint(code));
    },
  };
}
