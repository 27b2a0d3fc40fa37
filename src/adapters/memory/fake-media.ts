import { readAll, sourceOf, streamOf, throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import { measureMp4 } from '../../core/mp4.ts';
import type { CutPart, CutRequest, Media, MediaInfo, Source, TemporarySource } from '../../core/ports.ts';
import { FRAMES_PER_SECOND, type Said, saidIn, tinyMp4 } from './tiny-mp4.ts';

const FLAC = 'fLaC';
/** Grey pictures: a PNG of one pixel and a JPEG of 8 by 8. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';
const JPEG = [
  '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU4LjQyLjEwMAD/2wBDAAg+Pkk+SVVVVVVVVWRdZGhoaGRkZGRoaGhwcHCDg4Nw',
  'cHBoaHBwfHyDg4+Tj4eHg4eTk5ubm7q6srLZ2eD/////xABKAAEAAAAAAAAAAAAAAAAAAAAAAQEAAAAAAAAAAAAAAAAAAAAAEAEA',
  'AAAAAAAAAAAAAAAAAAAAEQEAAAAAAAAAAAAAAAAAAAAA/8AAEQgACAAIAwEiAAIRAAMRAP/aAAwDAQACEQMRAD8AAA//2Q==',
].join('');

/**
 * Media without ffmpeg, for the tiny films of `fakeVideo`: measures, cuts and joins them by their index. Nothing is rendered, but what
 * is not an MP4 is refused as ffmpeg would, and what was said travels on into the sound and into the cut.
 */
export function fakeMedia(): Media {
  return {
    id: 'fake-media',
    canRender: async () => ({ ok: true, missing: [], needsShaper: false }),
    probe: async (source, { signal } = {}) => {
      throwIfAborted(signal);
      return measureMp4(source, { signal });
    },
    audio: async (source, { fromMs, durationMs, signal }) => {
      throwIfAborted(signal);
      const { hasAudio } = await measureMp4(source, { signal });
      const said = hasAudio ? stretch(await saidIn(source), fromMs, durationMs) : [];
      return temporary(new TextEncoder().encode(FLAC + JSON.stringify(said)));
    },
    frame: async (source, { format, signal }) => {
      throwIfAborted(signal);
      await measureMp4(source, { signal });
      return temporary(Uint8Array.from(atob(format === 'png' ? PNG : JPEG), (char) => char.charCodeAt(0)));
    },
    cut,
  };
}

/** What is said in sound that `fakeMedia` took from a film; undefined for any other sound. */
export async function saidInSound(audio: Source): Promise<readonly Said[] | undefined> {
  const text = new TextDecoder().decode(await readAll(audio.open()));
  return text.startsWith(`${FLAC}[`) ? (JSON.parse(text.slice(FLAC.length)) as Said[]) : undefined;
}

async function cut(request: CutRequest): Promise<TemporarySource & { info: MediaInfo }> {
  throwIfAborted(request.signal);
  const frameMs = 1000 / FRAMES_PER_SECOND;
  const said: Said[] = [];
  let durationMs = 0;
  let shape: MediaInfo | undefined;
  for (const part of request.parts) {
    shape = await measureMp4(part.source, { signal: request.signal });
    said.push(...(await saidInPart(part, durationMs)));
    durationMs += part.durationMs - (part.dropFirstFrame ? frameMs : 0);
    request.onProgress?.(said.length === 0 ? 0 : Math.min(1, durationMs / totalMs(request)));
  }
  if (shape === undefined) throw new ReelstateError('permanent', 'A cut needs a part.', { code: 'unusable-media' });
  const { width, height, hasAudio } = shape;
  const endMs = Math.min(request.endMs ?? durationMs, durationMs);
  const bytes = tinyMp4({ durationMs: endMs, width, height, audio: hasAudio, said });
  return { ...temporary(bytes), info: await measureMp4(sourceOf(bytes)) };
}

const totalMs = ({ parts }: CutRequest) => parts.reduce((sum, part) => sum + part.durationMs, 0);

const saidInPart = async ({ source, fromMs, durationMs }: CutPart, atMs: number) =>
  stretch(await saidIn(source), fromMs, durationMs).map((line) => ({
    ...line,
    fromMs: line.fromMs + atMs,
    toMs: line.toMs + atMs,
  }));

/** What is said between two moments, counted from the first. */
const stretch = (said: readonly Said[], fromMs: number, durationMs: number): Said[] =>
  said
    .filter((line) => line.fromMs < fromMs + durationMs && line.toMs > fromMs)
    .map((line) => ({
      text: line.text,
      fromMs: Math.max(0, line.fromMs - fromMs),
      toMs: Math.min(durationMs, line.toMs - fromMs),
    }));

function temporary(bytes: Uint8Array): TemporarySource {
  let disposed = false;
  return {
    size: bytes.length,
    open: ({ start = 0, end } = {}) => {
      if (!disposed) return streamOf(bytes.subarray(start, end));
      const error = new ReelstateError('permanent', 'This file was disposed of.', { code: 'object-not-found' });
      return new ReadableStream({ start: (controller) => controller.error(error) });
    },
    dispose: async () => {
      disposed = true;
    },
  };
}
