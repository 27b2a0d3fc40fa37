/** Which characters the caption fonts can draw, found out by drawing them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { captionLog } from './caption-log.ts';
import { runProcess } from './process.ts';
import type { FfmpegTools } from './resolve.ts';
import { inPassing, placeFonts } from './workspace.ts';

const DEADLINE_MS = 60_000;
const CHARACTERS_PER_LINE = 40;
const REMEMBERED = 64;

/** Nothing to draw, or ASS syntax that every font has; emoji never reach a burned caption. */
const IGNORED =
  /[\s\p{C}\p{Default_Ignorable_Code_Point}{}\\]|\u20e3|\p{Emoji_Presentation}|\p{Emoji_Modifier}|\p{Regional_Indicator}|(?![\xa9\xae\u2122])\p{Extended_Pictographic}/u;

/** Scripts whose letters join, reorder or carry marks: without HarfBuzz they come out wrong. */
const COMPLEX =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Mongolian}]/u;

/** Whether a caption without this character's glyph is a worse caption. U+0000, "no font at all", counts. */
export const isDrawn = (character: string): boolean => character === '\0' || !IGNORED.test(character);

export const needsShaping = (text: string): boolean => COMPLEX.test(text);

/** The dialogue of an ASS file without its override blocks. */
export const dialogueOf = (ass: string): string =>
  ass
    .split(/\r?\n/)
    .filter((line) => line.startsWith('Dialogue:'))
    .map((line) =>
      line
        .split(',')
        .slice(9)
        .join(',')
        .replace(/\\[{}]/g, '')
        .replace(/\{[^}]*\}/g, '')
        .replace(/\\[Nnh]/g, ' '),
    )
    .join('\n');

export interface GlyphCheck {
  readonly missing: readonly string[];
  /** The shipped fonts lack something that the machine's have. */
  readonly needsSystemFonts: boolean;
}

/** A checker that remembers what it was asked before; `systemFonts` allows a fallback to the machine's fonts. */
export function glyphChecker(
  fonts: () => Promise<readonly string[]>,
  systemFonts: boolean,
  tempDir: string | undefined,
) {
  const remembered = new Map<string, GlyphCheck>();
  return async function check(tools: FfmpegTools, text: string, signal?: AbortSignal): Promise<GlyphCheck> {
    const characters = [...new Set(text.normalize('NFC'))]
      .filter((character) => character !== '\0' && isDrawn(character))
      .sort();
    const key = `${tools.ffmpeg}\n${characters.join('')}`;
    const known = remembered.get(key);
    if (known) return known;
    const draw = (system: boolean) => missingGlyphs(tools.ffmpeg, characters, fonts, system, tempDir, signal);
    let result: GlyphCheck = { missing: characters.length > 0 ? await draw(false) : [], needsSystemFonts: false };
    if (result.missing.length > 0 && systemFonts) {
      const missing = await draw(true);
      result = { missing, needsSystemFonts: missing.length < result.missing.length };
    }
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(key, result);
    return result;
  };
}

async function missingGlyphs(
  ffmpeg: string,
  characters: readonly string[],
  fonts: () => Promise<readonly string[]>,
  system: boolean,
  tempDir: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  return inPassing(tempDir, async (workDir) => {
    const env = await placeFonts(workDir, await fonts(), system);
    await writeFile(join(workDir, 'c.ass'), assOf(characters));
    const log = captionLog();
    await runProcess({
      command: ffmpeg,
      args: `-hide_banner -nostdin -f lavfi -i color=black:s=64x64:r=1:d=1 -vf ass=c.ass:fontsdir=fonts -f null -`.split(
        ' ',
      ),
      cwd: workDir,
      env,
      signal,
      timeoutMs: DEADLINE_MS,
      onStderrLine: log.onStderrLine,
    });
    return log.missing();
  });
}

function assOf(characters: readonly string[]): string {
  const lines: string[] = [];
  for (let from = 0; from < characters.length; from += CHARACTERS_PER_LINE) {
    // Apart, so that each is looked up by itself, marks on a base of their own.
    const text = characters
      .slice(from, from + CHARACTERS_PER_LINE)
      .map((one) => (/\p{M}/u.test(one) ? `o${one}` : one));
    lines.push(`Dialogue: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,${text.join(' ')}`);
  }
  return `[Script Info]
ScriptType: v4.00+
PlayResX: 64
PlayResY: 64

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Sans,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
${lines.join('\n')}
`;
}
