import { ReelstateError } from '../../core/errors.ts';
import type { Finding } from './finding.ts';

const ORIGINS = {
  option: 'given',
  environment: 'from FFMPEG_PATH',
  path: 'from PATH',
  npm: 'from npm',
} as const;

/** The ffmpeg that cuts and burns captions, and its fonts. */
export async function ffmpegFindings(): Promise<readonly Finding[]> {
  const { inspectFfmpeg } = await import('../../adapters/ffmpeg/index.ts');
  const report = await inspectFfmpeg();
  const problems = report.problems.map(
    ({ message, cure, blocking }): Finding => ({
      about: 'ffmpeg',
      level: blocking ? 'blocking' : 'warning',
      message,
      cure,
    }),
  );
  const { path, version, source, shaper, encoders, fonts } = report;
  if (path === undefined) return problems;
  const found: Finding[] = [
    {
      about: 'ffmpeg',
      level: 'good',
      message: `${version ?? 'unknown version'}, ${path} (${ORIGINS[source ?? 'path']})`,
    },
    { about: 'ffmpeg encoders', level: 'good', message: (encoders ?? []).join(', ') || 'none' },
    { about: 'libass', level: report.hasAss ? 'good' : 'blocking', message: shaper || 'says nothing of its shaper' },
    { about: 'caption fonts', level: 'good', message: fonts.join(', ') || 'none' },
  ];
  return problems.some(({ level }) => level === 'blocking') ? problems : [...found, ...problems];
}

/** Whether captions in a language can be drawn: fonts and shaper. */
export async function captionFindings(language: string | undefined): Promise<readonly Finding[]> {
  if (language === undefined) return [];
  const about = `captions in ${language}`;
  try {
    const { ffmpeg } = await import('../../adapters/ffmpeg/index.ts');
    const [tag] = Intl.getCanonicalLocales(language);
    const name = new Intl.DisplayNames([tag ?? language], { type: 'language', fallback: 'none' }).of(tag ?? language);
    if (name === undefined) {
      return [
        { about, level: 'warning', message: 'This language is not known.', cure: 'Give a tag such as fr or pt-BR.' },
      ];
    }
    const { ok, missing, needsShaper } = await ffmpeg().canRender(name);
    if (ok) return [{ about, level: 'good', message: `${name} can be drawn` }];
    const fonts = 'Install fonts for it: apt-get install fonts-noto-core fonts-noto-cjk.';
    const shaper = 'Install the ffmpeg of your system: apt-get install ffmpeg, or brew install ffmpeg.';
    return missing.length > 0
      ? [{ about, level: 'warning', message: `No font here has ${missing.slice(0, 8).join(' ')}.`, cure: fonts }]
      : [{ about, level: 'warning', message: `It needs a shaper (${needsShaper}).`, cure: shaper }];
  } catch (error) {
    if (error instanceof RangeError)
      return [
        { about, level: 'warning', message: 'That is no language tag.', cure: 'Give a tag such as fr or pt-BR.' },
      ];
    const { message, cure = 'See the findings about ffmpeg.' } = ReelstateError.from(error);
    return [{ about, level: 'warning', message, cure }];
  }
}
