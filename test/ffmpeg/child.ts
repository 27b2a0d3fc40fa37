/** What the tests of processes that die run in them: `node child.ts ROLE CLIP TEMP-FOLDER ARGUMENT`. */
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import type { ReelstateError } from '../../src/core/errors.ts';
import { ASS, fileOf } from './support.ts';

const [role = '', clip = '', tempDir = '', argument = ''] = process.argv.slice(2);
const timeoutMs = 60_000;

const roles: Readonly<Record<string, () => Promise<void>>> = {
  /** Takes the sound out with the ffmpeg at the path ARGUMENT. */
  audio: async () => {
    await ffmpeg({ ffmpegPath: argument, tempDir }).audio(fileOf(clip), { fromMs: 0, durationMs: 1000, timeoutMs });
  },
  /** Cuts with ARGUMENT bytes of captions and says how that went. */
  captioned: async () => {
    const ass = ASS(`${'a'.repeat(100)} `.repeat(Number(argument) / 100), 0, 10);
    const parts = [{ source: fileOf(clip), fromMs: 0, durationMs: 1000, dropFirstFrame: false }];
    try {
      const made = await ffmpeg({ tempDir }).cut({ parts, ass, timeoutMs });
      console.info(`${made.info.frames} frames`);
      await made.dispose();
    } catch (error) {
      const { kind, code } = error as ReelstateError;
      console.info(`${kind} ${code}`);
    }
  },
};

await roles[role]?.();
