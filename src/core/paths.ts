/** Every object name that a film has. */
import { badInput } from './errors.ts';

const VIDEO_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$/;

/** Throws `invalid-video-id`; ids go into object names, so nothing else is let through. */
export function checkVideoId(videoId: string): string {
  if (typeof videoId === 'string' && VIDEO_ID.test(videoId)) return videoId;
  throw badInput(
    'invalid-video-id',
    'A video id is 8 to 64 letters, digits, - and _, and begins with a letter or digit.',
    'Leave videoId out to have one made.',
  );
}

export const paths = {
  film: (videoId: string) => `${videoId}/film.json`,
  script: (videoId: string) => `${videoId}/script_v2.json`,
  scriptText: (videoId: string) => `${videoId}/script_raw.txt`,
  rawScript: (videoId: string, hash: string) => `${videoId}/scripts/${hash}.txt`,
  takes: (videoId: string) => `${videoId}/takes/`,
  /** A name that no trigger of the old functions matches. */
  place: (videoId: string, block: number, take: number) => `${videoId}/takes/${block}-${take}/`,
  intent: (videoId: string, block: number, take: number) => `${videoId}/takes/${block}-${take}/intent.json`,
  operation: (videoId: string, block: number, take: number) => `${videoId}/takes/${block}-${take}/operation.json`,
  outcome: (videoId: string, block: number, take: number) => `${videoId}/takes/${block}-${take}/outcome.json`,
  fetched: (videoId: string, block: number, take: number) => `${videoId}/takes/${block}-${take}/fetched/sample_0.mp4`,
  accepted: (videoId: string, block: number, round: number) => `${videoId}/accepted/${block}-r${round}.json`,
  block: (videoId: string, block: number) => `${videoId}/block_${block}.mp4`,
  frame: (videoId: string, block: number, take: number) => `${videoId}/frames/${block}-${take}.png`,
  words: (videoId: string, block: number, take: number) => `${videoId}/words/${block}-${take}.json`,
  segment: (videoId: string, block: number, take: number) => `${videoId}/segments/${block}-${take}.mp4`,
  transcript: (videoId: string) => `${videoId}/transcript.json`,
  captions: (videoId: string, extension: 'ass' | 'srt' | 'vtt' | 'json') => `${videoId}/captions.${extension}`,
  master: (videoId: string) => `${videoId}/master.mp4`,
  final: (videoId: string) => `${videoId}/final.mp4`,
  poster: (videoId: string) => `${videoId}/poster.jpg`,
  provenance: (videoId: string) => `${videoId}/provenance.json`,
} as const;

const TAKE_OBJECT = /^([^/]+)\/takes\/(\d+)-(\d+)\/(.+)$/;

/** Which take an object below `takes/` belongs to. */
export function parseTakeObject(
  name: string,
): { readonly videoId: string; readonly block: number; readonly take: number; readonly rest: string } | undefined {
  const match = TAKE_OBJECT.exec(name);
  if (match === null || !VIDEO_ID.test(match[1] ?? '')) return undefined;
  return { videoId: match[1] ?? '', block: Number(match[2]), take: Number(match[3]), rest: match[4] ?? '' };
}
