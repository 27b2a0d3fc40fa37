import { orphans, textOf } from '../blocks.ts';
import type { Context } from '../context.ts';
import type { Fact } from '../evolve.ts';
import { fingerprint } from '../hash.ts';
import type { Json } from '../json.ts';
import { costOf, toUsd } from '../ledger.ts';
import type { Step } from '../machine.ts';
import { paths } from '../paths.ts';
import type { MediaInfo } from '../ports.ts';
import { publish, publishText } from '../publish.ts';
import type { FilmState } from '../state.ts';
import { timeline } from '../timeline.ts';
import { withTemporary } from './blocks.ts';
import { captionsOutput } from './captions.ts';

const TASK = 'cut';
const POSTER_AT_MS = 1500;

/** The finished film. */
export interface CutOutput {
  readonly uri: string;
  readonly name: string;
  readonly revision: string;
  readonly durationMs: number;
  readonly width: number;
  readonly height: number;
  readonly partial: boolean;
}

const cutInput = (film: FilmState): string =>
  fingerprint({ parts: timeline(film).parts, captions: captionsOutput(film)?.token ?? null });

async function assText(film: FilmState, context: Context): Promise<string | undefined> {
  if (captionsOutput(film)?.burn !== true) return undefined;
  return (await context.ports.storage.text(paths.captions(film.videoId, 'ass')))?.text;
}

function provenance(film: FilmState, info: MediaInfo, context: Context): Json {
  const { blocks } = timeline(film);
  const captions = captionsOutput(film);
  return {
    videoId: film.videoId,
    madeAt: new Date(context.now()).toISOString(),
    // What a viewer must be able to learn: the pictures and voices are generated.
    generatedBy: {
      video: film.model.id,
      transcription: context.ports.transcription?.id ?? null,
      media: context.ports.media?.id ?? null,
    },
    theme: film.input.theme,
    durationMs: info.durationMs,
    blocks: blocks.map(({ block, take, fromMs, toMs, output }) => ({
      block,
      take,
      fromMs,
      toMs,
      object: output.name,
      revision: output.revision,
      dialogue: textOf(film, block)?.dialogue ?? '',
    })),
    captions: captions === undefined ? null : (captions as unknown as Json),
    chargedUsd: toUsd(costOf(film).charged),
    orphans: orphans(film).map(({ block, take }) => ({
      block,
      take: take.take,
      usd: toUsd(take.microUsd),
      charge: take.charge,
    })),
  };
}

async function make(film: FilmState, context: Context): Promise<readonly Fact[]> {
  const { storage, media } = context.ports;
  if (media === undefined) throw new RangeError('the cut needs a media port');
  const token = cutInput(film);
  const { videoId } = film;
  const { signal, settings } = context;
  const isWanted = (present: FilmState): boolean => cutInput(present) === token;
  const ass = await assText(film, context);
  const endMs = captionsOutput(film)?.endMs ?? (film.input.trim ? film.input.durationSeconds * 1000 : undefined);
  const parts = timeline(film).parts.map(({ output, dropFirstFrame }) => ({
    source: storage.source(output.name, { revision: output.revision }),
    fromMs: 0,
    durationMs: output.durationMs,
    dropFirstFrame,
  }));
  const request = {
    parts,
    timeoutMs: settings.mediaTimeoutMs,
    signal,
    ...(ass === undefined ? {} : { ass }),
    ...(endMs === undefined ? {} : { endMs }),
  };
  return withTemporary(media.cut(request), async (made) => {
    const metadata = { token };
    const write = (ifRevision: string | null) =>
      storage.put(paths.final(videoId), made, { ifRevision, contentType: 'video/mp4', metadata, signal });
    const final = await publish(film, { name: paths.final(videoId), token, write, isWanted }, context);
    const atMs = Math.min(POSTER_AT_MS, made.info.durationMs / 2);
    const poster = await withTemporary(
      media.frame(made, { atMs, format: 'jpeg', timeoutMs: settings.mediaTimeoutMs, signal }),
      (jpeg) =>
        publish(
          film,
          {
            name: paths.poster(videoId),
            token,
            write: (ifRevision) =>
              storage.put(paths.poster(videoId), jpeg, { ifRevision, contentType: 'image/jpeg', metadata, signal }),
            isWanted,
          },
          context,
        ),
    );
    const body = `${JSON.stringify(provenance(film, made.info, context), null, 2)}\n`;
    const record = await publishText(
      film,
      { name: paths.provenance(videoId), body, contentType: 'application/json', token },
      isWanted,
      context,
    );
    const published = final.find((fact) => fact.type === 'published');
    if (published?.type !== 'published') return [...final, ...poster, ...record];
    const output: CutOutput = {
      uri: storage.uri(paths.final(videoId)),
      name: paths.final(videoId),
      revision: published.revision,
      durationMs: made.info.durationMs,
      width: made.info.width,
      height: made.info.height,
      partial: film.finish !== undefined && film.finish.blocks < film.plan.length,
    };
    return [
      ...final,
      ...poster,
      ...record,
      { type: 'task-done', id: TASK, input: token, at: context.now(), output: output as unknown as Json },
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
  isDone: (film) => cutOutput(film) !== undefined,
  tasks: (film) => [{ id: TASK, role: 'assembler', input: cutInput(film), kind: 'work', light: false, perform: make }],
});
