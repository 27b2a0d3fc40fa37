/** The simulated transcriber: it listens, and knows only what the simulated video vendor ever said. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { throwIfAborted } from '../../core/bytes.ts';
import type { Clock, HeardWord, Source, Transcriber } from '../../core/ports.ts';
import { runProcess } from '../ffmpeg/process.ts';
import { machineClock } from './clock.ts';
import { chainOf, findDelivered, findLaunched } from './deliver.ts';
import { AUDIBLE, type Envelope, envelopeOf, locate, STEP_MS } from './envelope.ts';
import { type Journal, type JournalEntry, type Launched, openJournal } from './journal.ts';
import { type Hearing, mishear, segmentsOf } from './mishear.ts';
import { readSpeech } from './render.ts';
import { readTag } from './tag.ts';
import { type FfmpegOption, findFfmpeg } from './tools.ts';
import { SAMPLE_RATE } from './wav.ts';
import { bareWord, isSpaced } from './words.ts';

/** What `simulatedTranscriber()` takes. */
export interface SimulatedTranscriberOptions {
  /** The folder of the simulated video vendor whose speech it knows. */
  readonly folder: string;
  /** The same seed mishears the same words. @default 1 */
  readonly seed?: number;
  /** How well it hears. @default perfectly */
  readonly hear?: Hearing;
  /** Absolute path of an ffmpeg, or how to find it. @default what `resolveFfmpeg` finds */
  readonly ffmpeg?: FfmpegOption;
  /** @default the machine's own time */
  readonly clock?: Clock;
}

/** Micro-dollars per minute, as whisper-1 costs. */
const PRICE_PER_MINUTE = 6_000;
const LISTENING_RATE = 16_000;
const DEADLINE_MS = 60_000;
/** So many operations beside the one that the file names are compared, the newest first. */
const MEMORY = 200;

/**
 * Finds the words of an audio file by the journal id in its metadata and by comparing its sound with what was spoken for that operation,
 * which also tells where in it the audio begins. Sound of another operation is heard as that one's words; sound that the vendor never made
 * as none.
 */
export function simulatedTranscriber(options: SimulatedTranscriberOptions): Transcriber {
  const clock = options.clock ?? machineClock;
  const journal = openJournal(options.folder);
  const ffmpeg = findFfmpeg(options.ffmpeg);
  return {
    id: 'simulated-transcriber',
    pricePerMinute: PRICE_PER_MINUTE,
    priceDate: '2026-11-23',
    async transcribe(audio, { durationMs, language, signal }) {
      throwIfAborted(signal);
      const { tag, heard } = await listen(audio, await ffmpeg(), signal);
      const said = await recognise(heard, tag, journal, options.folder);
      const lengthMs = Math.min(durationMs, heard.length * STEP_MS);
      const written = mishear(said.words, options.hear ?? {}, lengthMs, [options.seed ?? 1, said.operations]);
      await record(journal, clock, durationMs);
      // As from Whisper: words are bare, segments have the punctuation.
      const words = written.map((word) => ({ ...word, text: bareWord(word.text) })).filter(({ text }) => text !== '');
      return { words, segments: segmentsOf(written, isSpaced(language) ? ' ' : '') };
    },
  };
}

async function record(journal: Journal, clock: Clock, durationMs: number): Promise<void> {
  const microUsd = Math.round((durationMs / 60_000) * PRICE_PER_MINUTE);
  const number = await journal.nextNumber('transcriptions');
  await journal.append({ event: 'transcribed', at: clock.now(), number, microUsd });
}

/** The file's tag, and how loud it is from moment to moment. */
async function listen(audio: Source, ffmpeg: string, signal: AbortSignal | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'reelstate-hear-'));
  try {
    const path = audio.path ?? join(folder, 'audio');
    if (audio.path === undefined) {
      await pipeline(Readable.fromWeb(audio.open({ signal }) as never), createWriteStream(path), { signal });
    }
    const chunks: Uint8Array[] = [];
    const args = [
      '-hide_banner',
      '-nostdin',
      '-loglevel',
      'error',
      '-i',
      path,
      '-vn',
      '-ac',
      '1',
      '-ar',
      String(LISTENING_RATE),
    ];
    await runProcess({
      command: ffmpeg,
      args: [...args, '-f', 's16le', '-'],
      timeoutMs: DEADLINE_MS,
      signal,
      onStdout: (chunk) => void chunks.push(chunk),
    });
    const bytes = Buffer.concat(chunks);
    const samples = Int16Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => bytes.readInt16LE(i * 2));
    return { tag: await readTag(path), heard: envelopeOf(samples, LISTENING_RATE) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Which operations' speech is in the sound, and where. */
async function recognise(heard: Envelope, tag: string | undefined, journal: Journal, folder: string) {
  const entries = await journal.entries();
  const rest = heard.slice();
  const words: HeardWord[] = [];
  const operations: string[] = [];
  for (const candidate of candidates(entries, tag)) {
    if (!rest.some((level) => level > AUDIBLE)) break;
    const delivered = findDelivered(entries, candidate.operation);
    const speech = delivered && (await readSpeech(folder, candidate.number).catch(() => undefined));
    if (!delivered || !speech) continue;
    const known = envelopeOf(speech, SAMPLE_RATE);
    const match = locate(known, rest);
    if (!match) continue;
    operations.push(candidate.operation);
    words.push(...place(delivered.words, match.lag * STEP_MS, heard.length * STEP_MS));
    rest.fill(0, Math.max(0, match.lag), Math.max(0, match.lag + known.length));
  }
  return { words: words.sort((a, b) => a.startMs - b.startMs), operations: operations.sort() };
}

/** The operation that the file names and what it extends; after them, for sound that is not theirs, all others. */
function candidates(entries: readonly JournalEntry[], tag: string | undefined): Launched[] {
  const named = tag === undefined ? undefined : findLaunched(entries, tag);
  const first = named ? chainOf(entries, named) : [];
  const others = entries.filter((entry): entry is Launched => entry.event === 'launched' && !first.includes(entry));
  return [...first, ...others.reverse().slice(0, MEMORY)];
}

/** The words that are at least half inside. */
function place(words: readonly HeardWord[], shiftMs: number, lengthMs: number): HeardWord[] {
  return words.flatMap((word) => {
    const startMs = Math.max(0, word.startMs + shiftMs);
    const endMs = Math.min(lengthMs, word.endMs + shiftMs);
    return endMs - startMs >= (word.endMs - word.startMs) / 2 ? [{ ...word, startMs, endMs }] : [];
  });
}
