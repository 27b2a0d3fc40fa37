/** Whether a video begins with an earlier one: first by their packets, and where these differ, by ear. */
import { measureMp4 } from '../../core/mp4.ts';
import type { HeadComparison, Media, Source } from '../../core/ports.ts';
import { type OpenInputs, openInputs } from './input.ts';
import { runProcess } from './process.ts';
import type { FfmpegTools } from './resolve.ts';

/** A video model continues from about the last second, and may touch it: nobody should rely on it. */
const HOLD_BACK_MS = 1_000;
/** Timings of words hold while the sound is moved by less than this. */
const MAX_LAG_MS = 20;
const MIN_CORRELATION = 0.9;
const HEARD_RATE = 4_000;
const MAX_SEARCH_MS = 100;
/** Root mean square of 16-bit samples: below this is silence. */
const SILENCE = 30;

interface Packet {
  readonly atMs: number;
  readonly hash: string;
}

interface Heard {
  readonly lagMs: number;
  readonly correlation: number;
}

/** As `Media.compareHead` describes. */
export async function compareHead(
  ...[previous, next, options, { tools }]: [
    ...Parameters<NonNullable<Media['compareHead']>>,
    { readonly tools: FfmpegTools },
  ]
): Promise<HeadComparison> {
  const deadline = Date.now() + options.timeoutMs;
  const { signal } = options;
  const [before, after] = await Promise.all([previous, next].map((source) => measureMp4(source, { signal })));
  if (!before || !after) throw new Error('Two videos make two measures.');
  const run = (source: Source, args: readonly string[]) =>
    withInput(source, (input) =>
      runProcess({
        command: tools.ffmpeg,
        args: [
          '-v',
          'error',
          '-nostdin',
          ...input.inputs.flatMap(({ options: own, url }) => [...own, '-i', url]),
          ...args,
          '-',
        ],
        signal,
        timeoutMs: Math.max(1, deadline - Date.now()),
        maxOutputBytes: 64 * 1024 * 1024,
      }),
    );
  const reliableMs = Math.max(0, before.durationMs - HOLD_BACK_MS);
  const tracks = before.hasAudio && after.hasAudio ? ['0:v:0', '0:a:0'] : ['0:v:0'];
  if (before.hasAudio !== after.hasAudio || after.durationMs < reliableMs)
    return { verdict: 'different', identicalMs: 0 };
  const maps = tracks.flatMap((track) => ['-map', track]);
  const [ours, theirs] = await Promise.all(
    [previous, next].map(async (source) => packetsOf(await run(source, [...maps, '-c', 'copy', '-f', 'framemd5']))),
  );
  const same = tracks.map((_, track) => commonMs(ours?.[track] ?? [], theirs?.[track] ?? [], before.durationMs));
  const identicalMs = Math.min(...same);
  if (identicalMs >= reliableMs) return { verdict: 'identical', identicalMs };
  if (!before.hasAudio) return { verdict: 'different', identicalMs };
  const heardSeconds = (reliableMs / 1000).toFixed(3);
  const listen = ['-map', '0:a:0', '-ac', '1', '-ar', `${HEARD_RATE}`, '-t', heardSeconds, '-f', 's16le'];
  const [first, second] = await Promise.all(
    [previous, next].map(async (source) => samplesOf(await run(source, listen))),
  );
  const { lagMs, correlation } = correlate(first ?? new Int16Array(), second ?? new Int16Array());
  const verdict = correlation >= MIN_CORRELATION && Math.abs(lagMs) < MAX_LAG_MS ? 'equivalent' : 'different';
  return { verdict, identicalMs, audioLagMs: lagMs, audioCorrelation: correlation };
}

async function withInput<Value>(source: Source, use: (open: OpenInputs) => Promise<Value>): Promise<Value> {
  await using open = await openInputs([source]);
  try {
    return await use(open);
  } catch (error) {
    throw open.sourceError() ?? error;
  }
}

interface Output {
  readonly stdout: Uint8Array;
}

/** The packets of each track, in the order that the tracks were asked for. */
function packetsOf({ stdout }: Output): Packet[][] {
  const text = new TextDecoder().decode(stdout);
  const tracks: Packet[][] = [];
  const tickMs: number[] = [];
  for (const [, track, top, below] of text.matchAll(/^#tb (\d+): (\d+)\/(\d+)$/gm)) {
    tickMs[Number(track)] = (Number(top) / Number(below)) * 1000;
    tracks[Number(track)] = [];
  }
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [track = '0', , pts, , size, hash] = line.split(',').map((field) => field.trim());
    tracks[Number(track)]?.push({ atMs: Number(pts) * (tickMs[Number(track)] ?? 0), hash: `${size} ${hash}` });
  }
  return tracks;
}

/** Where the first packet that differs, in any order of showing, would have been shown. */
function commonMs(ours: readonly Packet[], theirs: readonly Packet[], endMs: number): number {
  const differs = ours.findIndex(({ atMs, hash }, index) => {
    const other = theirs[index];
    return other === undefined || other.hash !== hash || Math.abs(other.atMs - atMs) >= 1;
  });
  if (differs < 0) return endMs;
  return Math.max(0, Math.min(endMs, ...ours.slice(differs).map(({ atMs }) => Math.floor(atMs))));
}

function samplesOf({ stdout }: Output): Int16Array {
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.byteLength & ~1)));
}

const loudness = (samples: Int16Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));

/** The shift at which two sounds are most alike, and how alike they are there. Two silences are alike. */
function correlate(first: Int16Array, second: Int16Array): Heard {
  const quiet = [first, second].filter((samples) => loudness(samples) < SILENCE).length;
  if (quiet > 0) return { lagMs: 0, correlation: quiet === 2 ? 1 : 0 };
  const reach = (MAX_SEARCH_MS * HEARD_RATE) / 1000;
  let best: Heard = { lagMs: 0, correlation: 0 };
  for (let lag = -reach; lag <= reach; lag += 1) {
    let product = 0;
    let ours = 0;
    let theirs = 0;
    const end = Math.min(first.length, second.length - lag);
    for (let index = Math.max(0, -lag); index < end; index += 1) {
      const a = first[index] ?? 0;
      const b = second[index + lag] ?? 0;
      product += a * b;
      ours += a * a;
      theirs += b * b;
    }
    const correlation = product / Math.sqrt(ours * theirs || 1);
    if (correlation > best.correlation) best = { lagMs: (lag * 1000) / HEARD_RATE, correlation };
  }
  return best;
}
