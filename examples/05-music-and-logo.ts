/**
 * A step of one's own behind the final cut that runs ffmpeg itself: a music bed that makes way for the speech, a title before the film, a closing
 * card after it and a logo on top, published as `final-music.mp4`. Music, cards and logo are generated, so that nothing has to be fetched:
 * put your own files in their place. `npm run example -- examples/05-music-and-logo.ts`.
 */
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPipeline, defaultSteps, defineStep, runToEnd } from 'reelstate';
import { ffmpeg, resolveFfmpeg, runProcess } from 'reelstate/ffmpeg';
import { folder, sqlite } from 'reelstate/local';
import { simulated } from 'reelstate/simulated';

const INTRO_SECONDS = 1;
const OUTRO_SECONDS = 1.5;

/** Input 0 is the film; the others are generated. */
function filters(width: number, height: number, filmSeconds: number): string {
  const size = `${width}x${height}`;
  const seconds = INTRO_SECONDS + filmSeconds + OUTRO_SECONDS;
  const card = (colour: string, length: number) => `color=${colour}:s=${size}:r=24:d=${length},format=yuv420p,setsar=1`;
  const side = Math.round(width / 9);
  // Three notes of a chord that swell and fade: 110, 138.6 and 164.8 Hz.
  const chord = [110, 138.6, 164.8].map((hertz) => `0.1*sin(2*PI*${hertz}*t)`).join('+');
  return [
    `${card('0x12244d', INTRO_SECONDS)}[intro]`,
    `${card('black', OUTRO_SECONDS)}[outro]`,
    `[0:v]setsar=1,format=yuv420p[film]`,
    `[intro][film][outro]concat=n=3:v=1:a=0[joined]`,
    // A gold square with a hole stands for a logo.
    `color=0xffd60a:s=${side}x${side}:r=24:d=${seconds},drawbox=x=iw/4:y=ih/4:w=iw/2:h=ih/2:color=0x12244d:t=fill[logo]`,
    `[joined][logo]overlay=x=W-w-w/2:y=h/2:shortest=1,format=yuv420p[v]`,
    `[0:a]aresample=48000,aformat=channel_layouts=stereo,adelay=${INTRO_SECONDS * 1000}|${INTRO_SECONDS * 1000},apad,atrim=end=${seconds},asplit[speech][key]`,
    `aevalsrc='(${chord})*(0.75+0.25*sin(2*PI*t/4))':s=48000:d=${seconds},aformat=channel_layouts=stereo,afade=t=in:d=0.5,afade=t=out:st=${seconds - 1}:d=1[music]`,
    `[music][key]sidechaincompress=threshold=0.02:ratio=10:attack=20:release=400[bed]`,
    `[speech][bed]amix=inputs=2:duration=first:dropout_transition=0,volume=2,alimiter=limit=0.9[a]`,
  ].join(';');
}

const music = defineStep({
  name: 'music',
  perform: async ({ film, cut, ports: { storage }, signal }) => {
    if (cut === undefined) throw new Error('music needs the final cut');
    const source = storage.source(cut.name, { revision: cut.revision });
    // A cloud storage has no path: there, `await source.url?.()` is what ffmpeg reads by ranges.
    const input = source.path ?? (await source.url?.());
    if (input === undefined) throw new Error('ffmpeg needs a file or a URL');
    const workDir = await mkdtemp(join(tmpdir(), 'music-'));
    try {
      const output = join(workDir, 'final-music.mp4');
      await runProcess({
        command: (await resolveFfmpeg()).ffmpeg,
        args: [
          ...['-nostdin', '-v', 'error', '-i', input],
          ...['-filter_complex', filters(cut.width, cut.height, cut.durationMs / 1000), '-map', '[v]', '-map', '[a]'],
          ...['-c:v', 'libx264', '-preset', 'superfast', '-crf', '21', '-c:a', 'aac', '-b:a', '160k'],
          ...['-movflags', '+faststart', output],
        ],
        timeoutMs: 10 * 60_000,
        signal,
      });
      const name = `${film.videoId}/final-music.mp4`;
      // Performed again after a crash: what is there already is replaced, under the revision that was read.
      const ifRevision = (await storage.head(name, { signal }))?.revision ?? null;
      const file = await openAsBlob(output);
      const made = { size: file.size, open: ({ start = 0, end = file.size } = {}) => file.slice(start, end).stream() };
      const { revision } = await storage.put(name, made, { ifRevision, contentType: 'video/mp4', signal });
      return { name, revision };
    } finally {
      await rm(workDir, { recursive: true, force: true });
    }
  },
});

const out = process.argv[2] ?? 'films';
const films = createPipeline({
  storage: folder(out),
  state: sqlite(`${out}/.reelstate-data/films.db`),
  ...simulated({
    folder: `${out}/.reelstate-data/simulated`,
    size: { width: 180, height: 320 },
    speedUp: 200,
  }),
  media: ffmpeg(),
  steps: [...defaultSteps(), music],
});

const { videoId } = await films.create({ theme: 'Why is the sky blue?', durationSeconds: 8 });
const film = await runToEnd(films, videoId);
console.log(film.status, film.steps.map(({ name, done }) => `${name}${done ? '' : '?'}`).join(' '));
console.log(`${out}/${videoId}/final-music.mp4`);
