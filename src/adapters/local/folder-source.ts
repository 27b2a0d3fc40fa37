import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../../core/bytes.ts';
import type { Source } from '../../core/ports.ts';
import { diskError } from './disk-errors.ts';

const CHUNK = 256 * 1024;

/** A source over an opened file: what was opened is read to its end, whatever takes its name meanwhile. */
export function fileSource(
  path: string,
  openFile: () => Promise<{ readonly handle: FileHandle; readonly size: number }>,
): Source {
  return {
    path,
    open: ({ start = 0, end = Number.POSITIVE_INFINITY, signal } = {}) => {
      let handle: FileHandle | undefined;
      let at = start;
      let until = end;
      const close = async () => {
        const open = handle;
        handle = undefined;
        await open?.close();
      };
      const next = async (): Promise<Uint8Array | undefined> => {
        throwIfAborted(signal);
        if (handle === undefined) {
          const opened = await openFile();
          handle = opened.handle;
          until = Math.min(end, opened.size);
        }
        if (at >= until) return undefined;
        const chunk = new Uint8Array(Math.min(CHUNK, until - at));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
        at += bytesRead;
        return bytesRead === 0 ? undefined : chunk.subarray(0, bytesRead);
      };
      return new ReadableStream<Uint8Array>(
        {
          pull: async (controller) => {
            try {
              const chunk = await next();
              if (chunk !== undefined) return controller.enqueue(chunk);
              await close();
              controller.close();
            } catch (error) {
              await close().catch(() => {});
              throw diskError(error, 'Reading a file');
            }
          },
          cancel: close,
        },
        { highWaterMark: 0 },
      );
    },
  };
}
