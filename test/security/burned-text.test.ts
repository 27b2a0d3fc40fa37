/** What is written and said is drawn as text and does nothing: pixels of a real render. The ASS itself is looked at in test/captions. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { type CaptionWord, captionStyle, safeZoneOf, toAss } from '../../src/core/captions/index.ts';
import { noFfmpeg } from '../captions/rendering.ts';
import { ASS, brightness, clip, fileOf, forced } from '../ffmpeg/support.ts';
import { studio } from '../support/studio.ts';

const run = promisify(execFile);
const skip = noFfmpeg();
const WIDTH = 270;
const HEIGHT = 480;
const style = captionStyle('classic', { shadow: 0 });

/** One frame of captions on black, RGB. */
async function drawn(ass: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'reelstate-burn-'));
  try {
    writeFileSync(join(folder, 'c.ass'), ass);
    mkdirSync(join(folder, 'fonts'));
    symlinkSync(resolve('assets/fonts/Inter-ExtraBold.ttf'), join(folder, 'fonts/font.ttf'));
    const source = `color=black:s=${WIDTH}x${HEIGHT}:r=24:d=1`;
    const filter = 'setpts=PTS+0.5/TB,format=rgb24,ass=c.ass:fontsdir=fonts';
    const args = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', source, '-vf', filter, '-frames:v', '1'];
    const { stdout } = await run('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
      cwd: folder,
      encoding: 'buffer',
      maxBuffer: 1 << 24,
    });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const zone = safeZoneOf(style.platform, '9:16');
const scale = 1080 / WIDTH;

/** Pixels that plain white captions cannot have made: coloured ones, and any outside the captions' zone. */
function injected(frame: Buffer): number {
  let count = 0;
  for (let at = 0; at < frame.length; at += 3) {
    const [red = 0, green = 0, blue = 0] = [frame[at], frame[at + 1], frame[at + 2]];
    const [x, y] = [((at / 3) % WIDTH) * scale, Math.floor(at / 3 / WIDTH) * scale];
    const isOutside = x < zone.left - 8 || x > 1088 - zone.right || y < zone.top - 8 || y > 1928 - zone.bottom;
    const isColoured = Math.max(red, green, blue) - Math.min(red, green, blue) > 24;
    if (isColoured || (isOutside && red > 24)) count += 1;
  }
  return count;
}

const word = (text: string): CaptionWord => ({ text, startMs: 100, endMs: 900, source: 'heard', block: 1 });
const assOf = (text: string): string =>
  toAss([{ startMs: 100, endMs: 900, lines: [[word(text)]] }], { style, aspectRatio: '9:16', language: 'en' });

/** Each does harm in an event whose text is not made safe: `control` says so. */
const attacks: Readonly<Record<string, string>> = {
  'a colour': '{\\1c&H0000FF&}red',
  'a colour and a size': '{\\1c&H0000FF&\\fs200}red',
  'a drawing': '{\\p1}m 0 0 l 1080 0 1080 1920 0 1920{\\p0}',
  'a drawing in red': '{\\pos(0,0)\\an7\\1c&H0000FF&\\p1}m 0 0 l 600 0 600 300 0 300{\\p0}',
  'a place of its own': '{\\pos(100,100)\\an7}elsewhere',
  'a second event':
    'x\nDialogue: 9,0:00:00.00,0:00:10.00,Caption,,0,0,0,,{\\an7\\pos(0,0)\\p1}m 0 0 l 600 0 600 300 0 300{\\p0}',
  'a carriage return and a second event':
    'x\r\nDialogue: 9,0:00:00.00,0:00:10.00,Caption,,0,0,0,,{\\1c&H0000FF&\\fs200}red',
};

/** Other ways to the same, which a naive filter lets through. */
const variants: readonly string[] = [
  '\\{\\1c&H0000FF&}red',
  '\\\\{\\1c&H0000FF&}red',
  '{\u200b\\1c&H0000FF&}red',
  '{{\\1c&H0000FF&}}red',
  '}{\\1c&H0000FF&}{red',
  '{\\1c&H0000FF&',
  'a\u2028Dialogue: 9,0:00:00.00,0:00:10.00,Caption,,0,0,0,,{\\p1}m 0 0 l 600 0 600 300 0 300',
  'a\u0085Dialogue: 9,0:00:00.00,0:00:10.00,Caption,,0,0,0,,{\\p1}m 0 0 l 600 0 600 300 0 300',
  '\u202e{\\1c&H0000FF&}red\u202c',
  '［{\\1c&H0000FF&}］',
];

describe.skipIf(skip)('captions drawn by ffmpeg', () => {
  const plain = assOf('PLACE');
  for (const [what, text] of Object.entries(attacks)) {
    it(`with ${what} in them paint no pixel of it`, async () => {
      const control = injected(await drawn(plain.replace('PLACE', text)));
      expect(control, 'unsafe text would do harm, or this test could not fail').toBeGreaterThan(100);
      expect(injected(await drawn(assOf(text)))).toBe(0);
    });
  }

  it('nor with any variant', async () => {
    for (const text of variants) expect(injected(await drawn(assOf(text))), text).toBe(0);
    const own = await drawn(plain);
    expect(injected(own)).toBe(0);
    expect(
      own.some((value) => value > 200),
      'the captions are there',
    ).toBe(true);
  });
});

describe('what could reach the filter graph', () => {
  it.for([
    'Inter:fontsdir=/',
    "Inter'",
    'Inter,drawtext=textfile=/etc/passwd',
    'Inter[out]',
    'Inter\\',
    'Inter;movie=/etc/passwd',
    '../../etc/font',
    'Inter\nStyle: x',
    '{\\p1}',
    '',
    'x'.repeat(300),
  ])('no font is called %j', async (font) => {
    const { films } = studio();
    const create = films.create({ theme: 'Bees', captions: { preset: 'classic', options: { font } } });
    await expect(create).rejects.toMatchObject({ kind: 'permanent', code: 'bad-caption-option' });
  });

  it('nor is any other option anything but what it is for', async () => {
    const { films } = studio();
    for (const options of [
      { fontSize: '112,drawtext' },
      { fontSize: Number.NaN },
      { colour: 'red' },
      { fill: '#FFFFFF}{\\p1' },
      { position: 'upper:x=0' },
      { outline: '1:force_style=x' },
      { force_style: 'x' },
      JSON.parse('{"__proto__":{"fontSize":9}}') as object,
      { constructor: 1 },
    ]) {
      const captions = { preset: 'classic', options } as never;
      await expect(films.create({ theme: 'Bees', captions })).rejects.toMatchObject({
        kind: 'permanent',
        code: expect.stringMatching(/^(bad|unknown)-caption-option$/),
      });
    }
    for (const preset of ['../x', '__proto__', 'constructor', 'classic,drawtext', ''])
      await expect(films.create({ theme: 'Bees', captions: { preset } })).rejects.toMatchObject({
        code: 'unknown-caption-preset',
      });
  });

  it.skipIf(skip)('file names with every sign of ffmpeg’s own languages are file names', async () => {
    const nasty = mkdtempSync(join(tmpdir(), "reel it's [a],b;c=d%20 $(x) -i ü-"));
    try {
      const source = join(nasty, "-it's [a]:b,c;%03d.mp4");
      writeFileSync(source, readFileSync(await clip({ frames: 48, hertz: 440 })));
      const media = ffmpeg({ tempDir: nasty });
      const made = await media.cut({
        parts: [{ source: { ...fileOf(source), path: source }, fromMs: 0, durationMs: 2000, dropFirstFrame: false }],
        ass: ASS('IIII'),
        timeoutMs: 60_000,
      });
      expect(made.info.frames).toBe(48);
      const { ffmpeg: command } = await forced('system');
      const [burned] = await brightness(command, made.path ?? '', '60:60:60:130');
      const [bare] = await brightness(command, source, '60:60:60:130');
      expect(burned).not.toBe(bare);
      await made.dispose();
    } finally {
      rmSync(nasty, { recursive: true, force: true });
    }
  });
});
