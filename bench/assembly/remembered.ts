/** A transcriber that answers at once what it answered before: the vendor's own work and wait are left out of what is measured. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAll } from '../../src/core/bytes.ts';
import type { Transcriber, Transcript } from '../../src/core/ports.ts';

export function remembered(transcriber: Transcriber, folder: string): Transcriber {
  return {
    ...transcriber,
    async transcribe(audio, options) {
      const hash = createHash('sha256').update(await readAll(audio.open({ signal: options.signal })));
      const place = join(folder, `${hash.digest('hex')}.json`);
      const known = await readFile(place, 'utf8').catch(() => undefined);
      if (known !== undefined) return JSON.parse(known) as Transcript;
      const heard = await transcriber.transcribe(audio, options);
      await mkdir(folder, { recursive: true });
      await writeFile(place, JSON.stringify(heard));
      return heard;
    },
  };
}
