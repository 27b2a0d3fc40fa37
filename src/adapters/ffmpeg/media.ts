/** The `Media` port by ffmpeg. */
import { ReelstateError } from '../../core/errors.ts';
import { measureMp4 } from '../../core/mp4.ts';
import type { Media, MediaInfo, Signalled, Source } from '../../core/ports.ts';
import { compareHead } from './compare.ts';
import { cut, segment } from './cut.ts';
import { extractAudio, extractFrame } from './excerpts.ts';
import { glyphChecker, needsShaping } from './glyphs.ts';
import { openInputs } from './input.ts';
import { inspectStretch } from './inspect.ts';
import { runJob } from './job.ts';
import { checkOptions, type FfmpegOptions } from './options.ts';
import { resolveFfmpeg } from './resolve.ts';
import { inPassing, listFonts } from './workspace.ts';

const PROBE_DEADLINE_MS = 60_000;

/**
 * Sound, frames and the final cut by an ffmpeg of this machine or of the optional packages. ffmpeg is looked for at the first use and
 * checked before each job; sources are read by ranges; each job has a private folder that is gone afterwards.
 *
 * @throws ReelstateError, from its methods: `ffmpeg-missing`, `ffmpeg-unsuitable`, `unusable-media`, `caption-glyphs-missing`,
 * `caption-font-missing`, `cut-out-of-range`, `cut-incomplete`, `no-audio`, `no-output`, `disk-full`, `process-timeout`,
 * `process-killed`, `process-failed`, `aborted`; from itself `bad-ffmpeg-option`.
 */
export function ffmpeg(options: FfmpegOptions = {}): Required<Media> {
  checkOptions(options);
  const { tempDir } = options;
  const fonts = () => listFonts(options.fonts);
  const checkGlyphs = glyphChecker(fonts, options.systemFonts ?? true, tempDir);
  const find = () => resolveFfmpeg({ ffmpegPath: options.ffmpegPath });
  return {
    id: 'ffmpeg',
    async canRender(text) {
      const tools = await find();
      // Said only where the shaper is lacking: that is what a host can do something about.
      const needsShaper = needsShaping(text) && !tools.hasHarfBuzz;
      const { missing } = await checkGlyphs(tools, text);
      return { ok: missing.length === 0 && !needsShaper, missing, needsShaper };
    },
    async probe(source, { signal } = {}) {
      return probe(source, (await find()).ffmpeg, tempDir, signal);
    },
    async audio(source, request) {
      return extractAudio(source, request, { tools: await find(), tempDir });
    },
    async frame(source, request) {
      return extractFrame(source, request, { tools: await find(), tempDir });
    },
    async cut(request) {
      return cut(request, { tools: await find(), options, fonts, checkGlyphs });
    },
    async segment(request) {
      return segment(request, { tools: await find(), options, fonts, checkGlyphs });
    },
    async compareHead(previous, next, request) {
      return compareHead(previous, next, request, { tools: await find() });
    },
    async inspect(source, request) {
      return inspectStretch(source, request, { tools: await find(), tempDir });
    },
  };
}

/** Measures the file and decodes its first frame: an index alone proves no picture. */
async function probe(
  source: Source,
  ffmpeg: string,
  tempDir: string | undefined,
  signal: Signalled['signal'],
): Promise<MediaInfo> {
  const info = await measureMp4(source, { signal });
  await inPassing(tempDir, async (cwd) => {
    await using open = await openInputs([source]);
    const deadline = Date.now() + PROBE_DEADLINE_MS;
    const options = ['-map', '0:v:0', '-frames:v', '1', '-xerror', '-f', 'null'];
    await runJob({ ffmpeg, cwd, signal, deadline, inputs: open.inputs, options, output: '-' }, open).catch((error) => {
      if (!ReelstateError.is(error) || error.code !== 'process-failed') throw error;
      const { details } = error;
      throw new ReelstateError('permanent', 'The picture of this video cannot be decoded.', {
        code: 'unusable-media',
        cause: error,
        details,
      });
    });
  });
  return info;
}
