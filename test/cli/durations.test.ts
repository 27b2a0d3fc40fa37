import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { resolveFfmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { cli, SMALL, scratchFolders } from './support.ts';

const scratch = scratchFolders();
const FRAME_MS = 1000 / 24;
// Targets and what the plan makes of them; a joint of two chains costs one frame, because that frame would show twice.
const plans = [
  { target: 8, seconds: 8, joints: 0 },
  { target: 15, seconds: 15, joints: 0 },
  { target: 36, seconds: 36, joints: 0 },
  { target: 37, seconds: 37, joints: 1 },
  { target: 50, seconds: 51, joints: 1 },
];

async function probe(path: string) {
  const { ffprobe = 'ffprobe' } = await resolveFfmpeg();
  const entries = 'stream=codec_type,codec_name,nb_read_frames,duration,pix_fmt:format=duration';
  const args = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', path];
  const { stdout } = await promisify(execFile)(ffprobe, args);
  const { streams, format } = JSON.parse(stdout);
  const of = (type: string) => streams.find((stream: { codec_type: string }) => stream.codec_type === type);
  return { video: of('video'), audio: of('audio'), durationMs: Number(format.duration) * 1000 };
}

describe('final.mp4 has the length of its plan, to the frame', () => {
  for (const { target, seconds, joints } of plans) {
    test(`a target of ${target} s`, { timeout: 120_000 }, async () => {
      const args = ['make', '--theme', 'Why is the sky blue?', '--duration', `${target}`, '--json'];
      const { code, stdout } = await cli([...args, '--out', scratch(), ...SMALL]);
      expect(code).toBe(0);
      const film = JSON.parse(stdout);
      const { video, audio, durationMs } = await probe(film.path);
      const frames = seconds * 24 - joints;
      expect(Math.abs(Number(video.nb_read_frames) - frames)).toBeLessThanOrEqual(1);
      expect(Math.abs(durationMs - frames * FRAME_MS)).toBeLessThanOrEqual(FRAME_MS + 1);
      expect(Math.abs(film.durationMs - frames * FRAME_MS)).toBeLessThanOrEqual(1);
      expect([video.codec_name, video.pix_fmt, audio.codec_name]).toEqual(['h264', 'yuv420p', 'aac']);
    });
  }
});
