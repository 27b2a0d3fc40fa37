import type { Clock, LanguageModel, Transcriber } from '../../core/ports.ts';
import { simulatedLlm } from './llm.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { Hearing } from './mishear.ts';
import type { FfmpegOption } from './tools.ts';
import { simulatedTranscriber } from './transcription.ts';
import { type SimulatedVideo, type SimulatedVideoOptions, simulatedVideo } from './video.ts';

/** What `simulated()` takes. */
export interface SimulatedOptions {
  /** Where the vendors keep their journal and their operations. Not the film's own storage. */
  readonly folder: string;
  /** The same seed gives the same scripts, latencies, pictures and mishearings. @default 1 */
  readonly seed?: number;
  /** How many times faster than real vendors. @default 30 */
  readonly speedUp?: number;
  /** Absolute path of the ffmpeg that renders, or how to find it. @default what `resolveFfmpeg` finds */
  readonly ffmpeg?: FfmpegOption;
  /** What goes wrong. @default nothing */
  readonly misbehave?: Misbehaviour;
  /** How well the transcriber hears. @default perfectly */
  readonly hear?: Hearing;
  /** Whether an extension comes back with what it extends or by itself. @default 'combined' */
  readonly extension?: 'combined' | 'new-only';
  /** Of a portrait video, both even; landscape swaps them. @default what the resolution says */
  readonly size?: { readonly width: number; readonly height: number };
  /** Film grain, 0 to 100, for films as hard to encode as real ones. @default 0 */
  readonly grain?: number;
  /** Who speaks. @default 'auto': espeak-ng, else text2wav, else a hum */
  readonly voice?: SimulatedVideoOptions['voice'];
  /** Whether videos are rendered and delivered without being asked. @default true */
  readonly background?: boolean;
  /** @default the machine's own time */
  readonly clock?: Clock;
}

/** The vendors as ports, to be spread into `createPipeline`. */
export interface SimulatedVendors {
  /** Writes scripts. */
  readonly llm: LanguageModel;
  /** Films them. */
  readonly video: SimulatedVideo;
  /** Hears what was said. */
  readonly transcription: Transcriber;
}

/** All vendors that a film needs, simulated: no key, no cost, real media. Spread it into `createPipeline`. */
export function simulated(options: SimulatedOptions): SimulatedVendors {
  const { folder, seed, clock, ffmpeg, hear, misbehave, speedUp, extension, size, grain, voice, background } = options;
  const shared = { folder, ...defined({ seed, clock }) };
  return {
    llm: simulatedLlm({ ...shared, ...defined({ misbehave: misbehave?.llm }) }),
    video: simulatedVideo({
      ...shared,
      ...defined({ ffmpeg, speedUp, extension, size, grain, voice, background, misbehave: misbehave?.video }),
    }),
    transcription: simulatedTranscriber({ ...shared, ...defined({ ffmpeg, hear }) }),
  };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
