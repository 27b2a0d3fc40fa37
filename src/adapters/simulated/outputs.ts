/** The bytes of a delivered video, for hosts whose storage the vendor cannot write to. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Clock, Source, VideoOutput } from '../../core/ports.ts';
import { findLaunched } from './deliver.ts';
import type { Journal } from './journal.ts';

/** How slowly the video's bytes come, milliseconds per chunk, where a rule wants it. */
export async function slowness(journal: Journal, output: VideoOutput): Promise<number> {
  const entries = await journal.entries();
  const delivered = entries.find((entry) => entry.event === 'delivered' && entry.uri === output.uri);
  const outcome = delivered?.event === 'delivered' ? findLaunched(entries, delivered.operation)?.outcome : undefined;
  return outcome?.type === 'slow-body' ? outcome.delayMs : 0;
}

/** The bytes of a video, chunk by chunk with a wait before each. */
export async function openOutput(output: VideoOutput, delayMs: number, clock: Clock): Promise<Source> {
  const path = await realpath(fileURLToPath(output.uri));
  const { size } = await stat(path);
  return {
    size,
    ...(delayMs === 0 ? { path } : {}),
    open: ({ start = 0, end = size, signal } = {}) => {
      if (end <= start) return new Blob([]).stream();
      const bytes = Readable.toWeb(createReadStream(path, { start, end: end - 1 })) as ReadableStream<Uint8Array>;
      const slow = new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          if (delayMs > 0) await clock.sleep(delayMs, signal);
          controller.enqueue(chunk);
        },
      });
      return bytes.pipeThrough(slow, signal === undefined ? {} : { signal });
    },
  };
}
