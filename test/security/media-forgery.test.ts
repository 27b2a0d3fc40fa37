/**
 * What a vendor delivers is opened by ffmpeg only after it was measured as an MP4. That ffmpeg itself refuses such files is in
 * test/ffmpeg/media.test.ts, that the measuring survives any damage in test/core/mp4.test.ts.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { tinyMp4 } from '../../src/adapters/memory/index.ts';
import { noFfmpeg } from '../captions/rendering.ts';
import { outcomes, studio } from '../support/studio.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const film = tinyMp4({ durationMs: 8000 });
/** `ftyp` in front, so that whoever looks at the first bytes only is fooled. */
const disguised = (text: string): Uint8Array =>
  new Uint8Array([0, 0, 0, 16, ...ascii('ftypisom'), 0, 0, 0, 0, ...ascii(text)]);

const forgeries: Readonly<Record<string, Uint8Array>> = {
  'an ffconcat script': ascii("ffconcat version 1.0\nfile 'victim.mp4'\nfile '/etc/passwd'\n"),
  'an HLS playlist': ascii('#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
  'a DASH manifest': ascii('<?xml version="1.0"?><MPD><BaseURL>http://169.254.169.254/</BaseURL></MPD>'),
  'a Matroska file': new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1, ...new Array(60).fill(0)]),
  'an MP4’s head before a script': disguised("\nffconcat version 1.0\nfile '/etc/passwd'\n"),
  'a page of HTML': ascii('<!doctype html><title>Sign in</title>'),
  'an MP4 that is cut off': film.subarray(0, film.length >> 1),
  'no byte at all': new Uint8Array(),
};

describe.skipIf(noFfmpeg())('delivered in the place of a take', () => {
  let folder = '';
  let log = '';
  let witness = '';
  // An ffmpeg that writes down with what it was started.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'reelstate-forgery-'));
    log = join(folder, 'started.log');
    witness = join(folder, 'ffmpeg');
    writeFileSync(log, '');
    writeFileSync(witness, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\nexec ffmpeg "$@"\n`);
    chmodSync(witness, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const [what, bytes] of Object.entries(forgeries)) {
    it(`${what} is a failed take, and ffmpeg is never given it`, async () => {
      const media = ffmpeg({ ffmpegPath: witness });
      const base = studio({ outcomes: outcomes({ bytes }, 'running'), pipeline: { media } });
      const { videoId } = await base.films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 20 });
      writeFileSync(log, '');
      const view = await base.run(videoId, (seen) => (seen.blocks[0]?.takes.length ?? 0) === 2);
      expect(view.blocks[0]?.takes[0]).toMatchObject({ status: 'failed', code: 'unusable-media', charge: 'charged' });
      expect(view.blocks[0]?.status).not.toBe('accepted');
      expect(await base.storage.head(`${videoId}/block_1.mp4`)).toBeUndefined();
      // Its own test picture, with which an ffmpeg is looked at before its first job, is all that it opens.
      expect(readFileSync(log, 'utf8')).not.toMatch(/ -i (?!color=)/);
    });
  }
});
