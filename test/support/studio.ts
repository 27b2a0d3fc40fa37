import type { FakeAnswer, FakeOutcome, FakeVideoOptions } from '../../src/adapters/memory/index.ts';
import {
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
} from '../../src/adapters/memory/index.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from '../../src/core/pipeline.ts';
import type { Film } from '../../src/core/view.ts';

export interface StudioOptions {
  readonly outcomes?: FakeVideoOptions['outcomes'];
  readonly answers?: readonly FakeAnswer[];
  /** Whether the vendor writes into our storage. @default true */
  readonly adopting?: boolean;
  readonly extensions?: 'whole' | 'new';
  readonly model?: FakeVideoOptions['model'];
  readonly pipeline?: Partial<PipelineOptions>;
}

/** A pipeline in memory whose time the test drives. */
export function studio(options: StudioOptions = {}) {
  const clock = manualClock();
  const storage = memoryStorage();
  const state = memoryState();
  const llm = fakeLlm(options.answers === undefined ? {} : { answers: options.answers });
  const video = fakeVideo({
    clock,
    ...(options.adopting === false ? {} : { storage }),
    ...(options.outcomes === undefined ? {} : { outcomes: options.outcomes }),
    ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
    ...(options.model === undefined ? {} : { model: options.model }),
  });
  const ports = { storage, state, llm, video, transcription: fakeTranscriber(), media: fakeMedia(), clock };
  const host = (changes: Partial<PipelineOptions> = {}): Pipeline =>
    createPipeline({ ...ports, ...options.pipeline, ...changes });
  const films = host();

  /** Advances until the film rests or `until` says so; time jumps to each wake. */
  async function run(
    videoId: string,
    until: (film: Film) => boolean = () => false,
    by: Pipeline = films,
  ): Promise<Film> {
    for (let turns = 0; turns < 500; turns += 1) {
      const film = await by.advance(videoId);
      if (film.status !== 'waiting' || until(film)) return film;
      await clock.advance(Math.max(1, film.wakeAt - clock.now()));
    }
    throw new Error('the film does not come to rest');
  }

  async function make(
    input: Parameters<Pipeline['create']>[0] = { theme: 'Bees', durationSeconds: 15 },
  ): Promise<Film> {
    const { videoId } = await films.create(input);
    return run(videoId);
  }

  return { ...ports, films, host, run, make };
}

export const outcomes = (...list: readonly FakeOutcome[]): readonly FakeOutcome[] => list;
