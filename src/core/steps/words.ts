import { blocksDone, dialogueOf } from '../blocks.ts';
import { wholeObject } from '../bytes.ts';
import type { Context } from '../context.ts';
import type { Fact } from '../evolve.ts';
import type { Json } from '../json.ts';
import type { Step, Task } from '../machine.ts';
import { createOnce } from '../marks.ts';
import { reserveCall, settleCalls } from '../paid-call.ts';
import { paths } from '../paths.ts';
import type { Transcript } from '../ports.ts';
import type { FilmState } from '../state.ts';
import { withTemporary } from '../temporary.ts';
import { type PlacedBlock, timeline } from '../timeline.ts';
import { CAPTIONS } from './captions.ts';
import { followed } from './follow.ts';
import { isHeard, wordsTaskId } from './heard.ts';
import { comparedHead, segmentTaskId } from './segments.ts';

const NOTHING_HEARD: Transcript = { words: [], segments: [] };

const price = (placed: PlacedBlock, context: Context): number =>
  ((placed.toMs - placed.fromMs) / 60_000) * (context.ports.transcription?.pricePerMinute ?? 0);

/** Words of the block's own seconds; times count from there. */
async function hear(film: FilmState, placed: PlacedBlock, context: Context): Promise<Transcript> {
  const { media, transcription, storage } = context.ports;
  if (media === undefined || transcription === undefined) throw new RangeError('words need media and transcription');
  const durationMs = placed.toMs - placed.fromMs;
  const stretch = {
    fromMs: placed.inFileMs,
    durationMs,
    timeoutMs: context.settings.mediaTimeoutMs,
    signal: context.signal,
  };
  const prompt = dialogueOf(film, placed.block);
  const options = {
    language: film.input.language,
    durationMs,
    signal: context.signal,
    ...(prompt === '' ? {} : { prompt }),
  };
  return withTemporary(media.audio(wholeObject(storage, placed.output), stretch), (audio) =>
    transcription.transcribe(audio, options),
  );
}

interface Heard {
  readonly facts: readonly Fact[];
  /** Somebody had heard it and did not come to say so. */
  readonly isWritten: boolean;
}

async function heard(film: FilmState, placed: PlacedBlock, context: Context): Promise<Heard> {
  const { storage } = context.ports;
  const id = wordsTaskId(placed.block);
  const name = paths.words(film.videoId, placed.block, placed.take);
  // Two hearings may differ: the first one that was written down counts, and nobody pays for another.
  const isWritten = (await storage.head(name))?.metadata.token === placed.token;
  const isHearing = !isWritten && placed.output.hasAudio;
  const transcript = isHearing ? await hear(film, placed, context) : NOTHING_HEARD;
  if (!isWritten) await createOnce(storage, name, transcript as unknown as Json, { token: placed.token });
  const facts: readonly Fact[] = [
    ...settleCalls(film, id, isHearing ? price(placed, context) : 0),
    { type: 'task-done', id, input: placed.token, at: context.now(), output: { name } },
  ];
  return { facts, isWritten };
}

/** A block is heard, and in the same turn what waits for that is made: its captions burned ahead or, after the last one, the film's. */
const wordsTask = (placed: PlacedBlock): Task => {
  const id = wordsTaskId(placed.block);
  return {
    id,
    role: 'assembler',
    input: placed.token,
    kind: 'work',
    light: false,
    claim: (_, context) => reserveCall(id, 'transcription', price(placed, context), context),
    async perform(film, context) {
      // The last block's file is compared while it is heard.
      const [{ facts, isWritten }, compared] = await Promise.all([
        heard(film, placed, context),
        comparedHead(film, placed, context),
      ]);
      const found = [...facts, ...compared];
      // What took a process down before it could say what it had heard is not begun again before that is said.
      if (isWritten) return found;
      const burned = await followed(film, found, segmentTaskId(placed.block), context);
      return followed(film, burned, CAPTIONS, context);
    },
  };
};

/** What is said when: each block is heard as soon as it is accepted, while the next one is made. */
export const wordsStep = (): Step => ({
  name: 'words',
  after: ['script'],
  isDone: (film) =>
    film.input.captions === false ||
    (blocksDone(film) && timeline(film).blocks.every((placed) => isHeard(film, placed))),
  tasks: (film) => (film.input.captions === false ? [] : timeline(film).blocks.map(wordsTask)),
});
