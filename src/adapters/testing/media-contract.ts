import assert from 'node:assert/strict';
import type { CutRequest, Media, Source, TemporarySource } from '../../core/ports.ts';
import { type Awaitable, aborted, bytesIn, type ContractCase, casesOf, failsWith } from './contract.ts';

/** A media port and a film for it. */
export interface MediaSetting {
  /** The port under test. */
  readonly media: Media;
  /** An mp4 with a picture and a soundtrack, at least a second long, and what it is. */
  readonly film: Source;
  /** Its length. */
  readonly durationMs: number;
  /** Its width, pixels. */
  readonly width: number;
  /** Its height, pixels. */
  readonly height: number;
  /** @default a minute */
  readonly timeoutMs?: number;
}

const unusable = { kind: 'permanent', code: 'unusable-media' } as const;
const startsWith = (bytes: Uint8Array, ...start: number[]) => start.every((byte, at) => bytes[at] === byte);
const textSource = (text: string): Source => ({
  open: () => new Blob([text]).stream(),
});

/** The names of an mp4's top-level boxes, in order. */
export function boxesOf(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    names.push(new TextDecoder().decode(bytes.subarray(at + 4, at + 8)));
    const size = view.getUint32(at);
    if (size !== 1 && size < 8) break;
    at += size === 1 ? Number(view.getBigUint64(at + 8)) : size;
  }
  return names;
}

/** The bytes of a temporary source, which is disposed of. */
async function taken(source: TemporarySource): Promise<Uint8Array> {
  try {
    return await bytesIn(source);
  } finally {
    await source.dispose();
  }
}

/** What every `Media` promises. Durations may differ by a frame. */
export function mediaContract(make: () => Awaitable<MediaSetting>): ContractCase[] {
  return casesOf(make, () => {}, { ...looking, ...taking, ...cutting });
}

type Cases = Readonly<Record<string, (setting: MediaSetting) => Promise<void>>>;

const timeout = ({ timeoutMs = 60_000 }: MediaSetting) => ({ timeoutMs });
const near = (actual: number, expected: number, framesPerSecond: number) =>
  assert.ok(Math.abs(actual - expected) <= 1000 / framesPerSecond + 1, `${actual} ms and not ${expected} ms`);
const wholePart = ({ film, durationMs }: MediaSetting) => ({
  source: film,
  fromMs: 0,
  durationMs,
  dropFirstFrame: false,
});

const looking: Cases = {
  'a film is measured': async ({ media, film, durationMs, width, height }) => {
    const info = await media.probe(film);
    near(info.durationMs, durationMs, info.framesPerSecond);
    assert.deepEqual([info.width, info.height, info.hasAudio], [width, height, true]);
    near((info.frames / info.framesPerSecond) * 1000, durationMs, info.framesPerSecond);
  },
  'what is no film is unusable': async ({ media }) => {
    for (const text of ['', 'not a video', "ffconcat version 1.0\nfile '/etc/hostname'\n", '#EXTM3U\n']) {
      await failsWith(media.probe(textSource(text)), unusable);
    }
  },
  'plain Latin text can be shown': async ({ media }) => {
    const { ok, missing } = await media.canRender('Hello, world');
    assert.deepEqual([ok, missing], [true, []]);
  },
  'an aborted call is cancelled': async ({ media, film }) => {
    await failsWith(media.probe(film, { signal: aborted() }), { kind: 'cancelled' });
  },
};

const taking: Cases = {
  'a stretch of sound comes as FLAC': async (setting) => {
    const audio = await setting.media.audio(setting.film, { fromMs: 0, durationMs: 500, ...timeout(setting) });
    assert.ok(startsWith(await taken(audio), ...Buffer.from('fLaC')));
  },
  'a frame comes as PNG or JPEG, the last one too': async (setting) => {
    const frame = (format: 'png' | 'jpeg', atMs: number | 'last') =>
      setting.media.frame(setting.film, { atMs, format, ...timeout(setting) });
    assert.ok(startsWith(await taken(await frame('png', 0)), 0x89, 0x50, 0x4e, 0x47));
    assert.ok(startsWith(await taken(await frame('jpeg', 'last')), 0xff, 0xd8));
  },
};

const cut = (setting: MediaSetting, more: Partial<CutRequest> = {}) =>
  setting.media.cut({ parts: [wholePart(setting)], ...timeout(setting), ...more });

const cutting: Cases = {
  'a cut is as long as its parts, and a player can start before it has all': async (setting) => {
    const film = await cut(setting, { parts: [wholePart(setting), wholePart(setting)] });
    near(film.info.durationMs, setting.durationMs * 2, film.info.framesPerSecond);
    assert.deepEqual([film.info.width, film.info.height], [setting.width, setting.height]);
    const measured = await setting.media.probe(film);
    near(measured.durationMs, film.info.durationMs, measured.framesPerSecond);
    const boxes = boxesOf(await taken(film));
    assert.ok(boxes.includes('moov') && boxes.indexOf('moov') < boxes.indexOf('mdat'), boxes.join(' '));
  },
  'a joint drops its first frame where it is told to': async (setting) => {
    const parts = [wholePart(setting), { ...wholePart(setting), dropFirstFrame: true }];
    const film = await cut(setting, { parts });
    const { framesPerSecond } = film.info;
    near(film.info.durationMs, setting.durationMs * 2 - 1000 / framesPerSecond, framesPerSecond);
    await film.dispose();
  },
  'a cut ends where it is told to': async (setting) => {
    const endMs = Math.floor(setting.durationMs / 2);
    const film = await cut(setting, { endMs });
    near(film.info.durationMs, endMs, film.info.framesPerSecond);
    await film.dispose();
  },
  'progress only grows and stays within 1': async (setting) => {
    const seen: number[] = [];
    const film = await cut(setting, { onProgress: (fraction) => seen.push(fraction) });
    await film.dispose();
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      seen,
    );
    assert.ok(seen.every((fraction) => fraction >= 0 && fraction <= 1));
  },
  'parts that are no film are unusable': async (setting) => {
    const part = { ...wholePart(setting), source: textSource('not a video') };
    await failsWith(cut(setting, { parts: [part] }), unusable);
  },
};
