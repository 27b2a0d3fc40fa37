import { dialogueOf, orphans } from '../blocks.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import { type Cut, finalCut } from '../final-cut.ts';
import { fingerprint } from '../hash.ts';
import type { Json } from '../json.ts';
import { costOf, toUsd } from '../ledger.ts';
import type { Step } from '../machine.ts';
import { memo } from '../memo.ts';
import { paths } from '../paths.ts';
import type { Media, Source, TemporarySource } from '../ports.ts';
import { publish, publishText } from '../publish.ts';
import type { FilmState } from '../state.ts';
import { withTemporary } from '../temporary.ts';
import { timeline } from '../timeline.ts';
import { captionsOutput } from './captions.ts';

const TASK = 'cut';
const POSTER_AT_MS = 1500;

/** The finished film. */
export interface CutOutput {
  /** As the storage names it: `gs://…`, `file:///…`. */
  readonly uri: string;
  /** Object name in the storage. */
  readonly name: string;
  /** Pins the content. */
  readonly revision: string;
  /** As measured. */
  readonly durationMs: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Cut from fewer blocks than planned, after `finish`. */
  readonly partial: boolean;
  /** The captions could not be burned in as they were laid out and were made again: from the script alone, or in the plainest style too. */
  readonly captions?: 'script' | 'plain';
}

const cutInput: (film: FilmState) => string = memo((film) =>
  fingerprint({ parts: timeline(film).parts, captions: captionsOutput(film)?.token ?? null }),
);

function provenance(film: FilmState, cut: Cut, context: Context): Json {
  const { ports } = context;
  const captions = captionsOutput(film);
  const madeAgain = cut.droppedCharacters === undefined ? {} : { droppedCharacters: cut.droppedCharacters };
  return {
    videoId: film.videoId,
    madeAt: new Date(context.now()).toISOString(),
    // What a viewer must be able to learn: the pictures and voices are generated.
    generatedBy: {
      video: film.model.id,
      transcription: ports.transcription?.id ?? null,
      media: ports.media?.id ?? null,
    },
    theme: film.input.theme,
    durationMs: cut.file.info.durationMs,
    blocks: timeline(film).blocks.map(({ block, take, fromMs, toMs, output }) => ({
      block,
      take,
      fromMs,
      toMs,
      object: output.name,
      revision: output.revision,
      dialogue: dialogueOf(film, block),
    })),
    captions: captions === undefined ? null : ({ ...captions, ...madeAgain, burned: cut.captions } as unknown as Json),
    burnedAhead: cut.segments,
    chargedUsd: toUsd(costOf(film).charged),
    orphans: orphans(film).map(({ block, take }) => ({
      block,
      take: take.take,
      usd: toUsd(take.microUsd),
      charge: take.charge,
    })),
  };
}

/** Publishes a file that this cut made. */
function publishFile(film: FilmState, name: string, contentType: string, file: Source, context: Context) {
  const token = cutInput(film);
  const write = (ifRevision: string | null) =>
    context.ports.storage.put(name, file, { ifRevision, contentType, metadata: { token }, signal: context.signal });
  const isShared = film.replacesForeignFinal === true;
  return publish(film, { name, token, isShared, write, isWanted: (present) => cutInput(present) === token }, context);
}

/** A temporary file that is made while something else is done; whatever becomes of that, the file does not stay. */
function atOnce(made: Promise<TemporarySource>): { readonly made: Promise<TemporarySource> } & AsyncDisposable {
  const settled = made.catch(() => undefined);
  return { made, [Symbol.asyncDispose]: async () => (await settled)?.dispose() };
}

function posterOf({ file }: Cut, media: Media, { settings, signal }: Context): Promise<TemporarySource> {
  const atMs = Math.min(POSTER_AT_MS, file.info.durationMs / 2);
  return media.frame(file, { atMs, format: 'jpeg', timeoutMs: settings.mediaTimeoutMs, signal });
}

async function publishBeside(
  film: FilmState,
  cut: Cut,
  poster: TemporarySource,
  context: Context,
): Promise<readonly Fact[]> {
  const token = cutInput(film);
  const { videoId } = film;
  const published = await publishFile(film, paths.poster(videoId), 'image/jpeg', poster, context);
  const body = `${JSON.stringify(provenance(film, cut, context), null, 2)}\n`;
  const record = { name: paths.provenance(videoId), body, contentType: 'application/json', token };
  return [...published, ...(await publishText(film, record, (present) => cutInput(present) === token, context))];
}

/** Even the plainest captions failed: the film is delivered without them, and a person is told. */
async function deliverMaster(film: FilmState, cut: Cut, context: Context): Promise<never> {
  await publishFile(film, paths.master(film.videoId), 'video/mp4', cut.file, context);
  throw new ReelstateError('permanent', 'The captions could not be burned in; the film without them is master.mp4.', {
    code: 'captions-failed',
    cure: 'Use master.mp4 with captions.srt, or revise the words and resume.',
  });
}

async function make(film: FilmState, context: Context): Promise<readonly Fact[]> {
  const { storage, media } = context.ports;
  if (media === undefined) throw new RangeError('the cut needs a media port');
  const name = paths.final(film.videoId);
  const cut = await finalCut(film, media, context);
  return withTemporary(Promise.resolve(cut.file), async (file) => {
    if (cut.captions === false) return deliverMaster(film, cut, context);
    await using poster = atOnce(posterOf(cut, media, context));
    const final = await publishFile(film, name, 'video/mp4', file, context);
    const published = final.find((fact) => fact.type === 'published');
    // Replaced by a newer cut meanwhile, or the marks disagree.
    if (published?.type !== 'published') return final;
    const { durationMs, width, height } = file.info;
    const partial = film.finish !== undefined && film.finish.blocks < film.plan.length;
    const output: CutOutput = {
      uri: storage.uri(name),
      name,
      revision: published.revision,
      durationMs,
      width,
      height,
      partial,
      ...(cut.captions === 'as-laid-out' ? {} : { captions: cut.captions }),
    };
    return [
      ...final,
      ...(await publishBeside(film, cut, await poster.made, context)),
      { type: 'task-done', id: TASK, input: cutInput(film), at: context.now(), output: output as unknown as Json },
    ];
  });
}

/** The film as it was cut last, if that is the film as it is now. */
export function cutOutput(film: FilmState): CutOutput | undefined {
  const record = film.tasks[TASK];
  return record?.done !== undefined && record.input === cutInput(film)
    ? (record.done.output as unknown as CutOutput)
    : undefined;
}

/** The final cut: parts joined, captions burned in, poster and provenance beside it. */
export const cutStep = (): Step => ({
  name: 'cut',
  after: ['blocks', 'captions'],
  isDone: (film) => cutOutput(film) !== undefined || film.foreignFinal !== undefined,
  tasks: (film) => [{ id: TASK, role: 'assembler', input: cutInput(film), kind: 'work', light: false, perform: make }],
});
