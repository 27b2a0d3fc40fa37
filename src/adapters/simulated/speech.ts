/** A block's dialogue as sound that fits its seconds, with the time of each word. */
import type { HeardWord } from '../../core/ports.ts';
import { chooseVoice, type Voice, type VoiceOptions } from './voices.ts';
import { msOf, SAMPLE_RATE, samplesIn, trimSilence } from './wav.ts';
import { bareWord, type Clause, splitClauses } from './words.ts';

export interface SpeechRequest extends VoiceOptions {
  readonly dialogue: string;
  /** BCP 47. */
  readonly language: string;
  readonly seconds: number;
  /** A folder of our own, for the voice's files. */
  readonly workDir: string;
}

export interface Speech {
  /** Mono, 22,050 Hz, exactly as long as the block. */
  readonly samples: Int16Array;
  /** Milliseconds from the block's start. */
  readonly words: readonly HeardWord[];
  /** Which voice spoke: `espeak-ng fr-fr`, `text2wav fr`, `hum`. */
  readonly voice: string;
}

const LEAD_MS = 250;
const TAIL_MS = 350;
const PAUSE_MS = { final: 300, within: 150 };
/** What a sentence's pause may be longer where the block has time. */
const LONGEST_REST_MS = 450;
/** Words per minute; espeak-ng's own default is 175. */
const COMFORTABLE_SPEED = 155;
const FASTEST_SPEED = 380;
const PEAK = 22_000;
/** Of its length alone that a word keeps in a sentence. */
const LEAST_SHARE = 0.4;

export async function speak(request: SpeechRequest): Promise<Speech> {
  const clauses = splitClauses(request.dialogue, request.language);
  const room = samplesIn(request.seconds * 1000 - LEAD_MS - TAIL_MS);
  if (clauses.length === 0 || room <= 0) return { samples: silence(request.seconds), words: [], voice: 'none' };
  const voice = await chooseVoice(request.language, request.dialogue, request);
  const texts = clauses.map((clause) => clause.text);
  const bare = [...new Set(clauses.flatMap((clause) => clause.words.map(bareWord)))].filter((word) => word !== '');
  // One call for all: an engine in WebAssembly takes longer to start than to speak.
  const sounds = (await voice.speak([...texts, ...bare], COMFORTABLE_SPEED, request)).map(trimSilence);
  const lengths = new Map(bare.map((word, i) => [word, Math.max(1, sounds[texts.length + i]?.length ?? 0)]));
  const spoken = await speakInTime(voice, clauses, sounds.slice(0, texts.length), room, request);
  return { ...layOut(clauses, spoken, lengths, request.seconds), voice: voice.id };
}

const silence = (seconds: number) => new Int16Array(seconds * SAMPLE_RATE);

const pauseAfter = (clause: Clause) => samplesIn(clause.final ? PAUSE_MS.final : PAUSE_MS.within);

/** One stretch of sound per clause, spoken as fast as it must be and no faster. */
async function speakInTime(
  voice: Voice,
  clauses: readonly Clause[],
  comfortable: readonly Int16Array[],
  room: number,
  request: SpeechRequest,
): Promise<readonly Int16Array[]> {
  const texts = clauses.map((clause) => clause.text);
  const pauses = clauses.slice(0, -1).reduce((sum, clause) => sum + pauseAfter(clause), 0);
  let sounds = comfortable;
  for (let speed = COMFORTABLE_SPEED; ; ) {
    const length = sounds.reduce((sum, sound) => sum + sound.length, pauses);
    if (length <= room) return sounds;
    if (speed >= FASTEST_SPEED) return sounds.map((sound) => shorten(sound, (room - pauses) / (length - pauses)));
    speed = Math.min(FASTEST_SPEED, Math.ceil((speed * length * 1.04) / room));
    sounds = (await voice.speak(texts, speed, request)).map(trimSilence);
  }
}

/** The last resort for a text that nobody could say in its time: played faster, higher voice and all. */
function shorten(sound: Int16Array, factor: number): Int16Array {
  const shorter = new Int16Array(Math.max(1, Math.floor(sound.length * Math.max(0.05, factor))));
  for (let i = 0; i < shorter.length; i += 1) shorter[i] = sound[Math.floor((i * sound.length) / shorter.length)] ?? 0;
  return shorter;
}

function layOut(
  clauses: readonly Clause[],
  sounds: readonly Int16Array[],
  lengths: ReadonlyMap<string, number>,
  seconds: number,
) {
  const samples = silence(seconds);
  const words: HeardWord[] = [];
  const said = sounds.reduce(
    (sum, sound, i) => sum + sound.length + (i > 0 ? pauseAfter(clauses[i - 1] as Clause) : 0),
    0,
  );
  const rest = Math.max(0, samples.length - samplesIn(LEAD_MS + TAIL_MS) - said);
  const ends = clauses.filter((clause) => clause.final).length;
  const longer = Math.min(samplesIn(LONGEST_REST_MS), Math.floor(rest / (ends + 1)));
  let at = samplesIn(LEAD_MS);
  for (const [i, clause] of clauses.entries()) {
    const sound = (sounds[i] ?? new Int16Array(0)).subarray(0, Math.max(0, samples.length - at));
    samples.set(sound, at);
    words.push(...timeWords(clause, at, sound.length, lengths));
    at += sound.length + pauseAfter(clause) + (clause.final ? longer : 0);
  }
  return { samples: normalise(samples), words };
}

/**
 * Words by themselves are longer than in a sentence, short ones above all, by much the same time each: what is too much is taken off all
 * alike, as far as a word can bear it.
 */
function timeWords(clause: Clause, at: number, length: number, lengths: ReadonlyMap<string, number>): HeardWord[] {
  const alone = clause.words.map((word) => lengths.get(bareWord(word)) ?? 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const excess = Math.max(0, sum(alone) - length) / alone.length;
  const inSentence = alone.map((weight) => Math.max(weight * LEAST_SHARE, weight - excess));
  const total = sum(inSentence);
  let before = 0;
  return clause.words.flatMap((text, i) => {
    const startMs = Math.round(msOf(at + (length * before) / total));
    before += inSentence[i] ?? 0;
    const endMs = Math.round(msOf(at + (length * before) / total));
    return endMs > startMs ? [{ text, startMs, endMs }] : [];
  });
}

function normalise(samples: Int16Array): Int16Array {
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  return peak === 0 ? samples : samples.map((sample) => Math.round((sample * PEAK) / peak));
}
