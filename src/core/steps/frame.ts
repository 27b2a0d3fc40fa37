import { wholeObject } from '../bytes.ts';
import type { Task } from '../machine.ts';
import { isTaken } from '../marks.ts';
import { paths } from '../paths.ts';
import type { FilmState } from '../state.ts';
import { withTemporary } from '../temporary.ts';

/** The last frame of the block before, which a new chain begins with. */
export const frameTask = (film: FilmState, block: number): Task[] => {
  const before = film.blocks[block - 2]?.accepted;
  const take = film.blocks[block - 2]?.takes.find((candidate) => candidate.token === before?.token);
  if (take?.output === undefined) return [];
  const { output } = take;
  const id = `frame:${block}`;
  return [
    {
      id,
      role: 'assembler',
      input: take.token,
      kind: 'work',
      light: false,
      async perform(present, context) {
        const { storage, media } = context.ports;
        if (media === undefined) throw new RangeError('a frame needs a media port');
        const name = paths.frame(present.videoId, block - 1, take.take);
        const source = wholeObject(storage, output);
        const options = {
          atMs: 'last',
          format: 'png',
          timeoutMs: context.settings.mediaTimeoutMs,
          signal: context.signal,
        } as const;
        const cut = () =>
          withTemporary(media.frame(source, options), (png) =>
            storage.put(name, png, { ifRevision: null, contentType: 'image/png', signal: context.signal }),
          );
        // A worker that had lost its lease may be faster: its frame is as good.
        const orTheirs = async (error: unknown) =>
          (isTaken(error) && (await storage.head(name))) || Promise.reject(error);
        const frame = (await storage.head(name)) ?? (await cut().catch(orTheirs));
        return [
          { type: 'task-done', id, input: take.token, at: context.now(), output: { name, revision: frame.revision } },
        ];
      },
    },
  ];
};
