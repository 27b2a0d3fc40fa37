/** A film is not begun whose captions nobody could read. */
import { badInput } from './errors.ts';
import type { Media } from './ports.ts';
import type { FilmState } from './state.ts';

/** A letter or two can be left out of a caption; a script cannot. */
const MOST_MISSING = 0.2;

/** What is known of the captions' text: the script, or else the language's own name in its own writing. */
function sampleText(film: FilmState): string {
  if (film.script) return film.script.blocks.map((block) => block.dialogue).join(' ');
  const { language } = film.input;
  return new Intl.DisplayNames([language], { type: 'language', fallback: 'none' }).of(language) ?? '';
}

/** Throws `captions-not-renderable` where this host's media cannot burn the film's writing in. */
export async function checkRenderable(film: FilmState, media: Media | undefined): Promise<void> {
  if (film.input.captions === false || media === undefined) return;
  const text = sampleText(film);
  const { missing, needsShaper } = await media.canRender(text);
  const letters = new Set([...text].filter((character) => /\p{L}/u.test(character)));
  const lost = missing.filter((character) => letters.has(character)).length;
  if (needsShaper) {
    throw badInput(
      'captions-not-renderable',
      `Captions in '${film.input.language}' need an ffmpeg whose libass has HarfBuzz; this one has not.`,
      'Install ffmpeg from your system (apt-get install ffmpeg, brew install ffmpeg), or set captions: false.',
    );
  }
  if (letters.size > 0 && lost / letters.size > MOST_MISSING) {
    throw badInput(
      'captions-not-renderable',
      `No font here has the writing of '${film.input.language}' (missing: ${missing.slice(0, 8).join(' ')}).`,
      'Install a font for it (apt-get install fonts-noto-core fonts-noto-cjk), or set captions: false.',
    );
  }
}
