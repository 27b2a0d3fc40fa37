import { takeOver as takeOverFilms } from '../../admin/index.ts';
import { badInput } from '../../core/errors.ts';
import { engineOf } from '../../core/pipeline.ts';
import { given, reader, wrongArguments } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { Call } from '../verb.ts';
import { plural } from '../words.ts';

function limitOf(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isInteger(limit) && limit >= 1)) return limit;
  throw wrongArguments(`--limit ${limit} is not possible.`, 'Give a whole number from 1.');
}

/** Makes films that the old functions began films of ours. Throws `no-old-documents` where the store cannot have any. */
export async function takeOver(call: Call): Promise<number> {
  const { terminal } = call;
  const limit = limitOf(reader(call).number('limit'));
  const { films } = await call.host();
  // Without this, "0 films taken over" would read as if the old documents had been looked at.
  if (engineOf(films).ports.state.foreignFilms === undefined) {
    throw badInput(
      'no-old-documents',
      'The store of this folder has no documents of old functions; they lie in Firestore.',
      "Call takeOver of reelstate/admin with a pipeline whose state is firestore(), beside the old functions' documents.",
    );
  }
  const { taken, refused } = await takeOverFilms(films, given({ limit }));
  if (call.json) terminal.print(JSON.stringify({ taken, refused }));
  else {
    for (const videoId of taken) terminal.print(videoId);
    for (const { videoId, code, message } of refused) terminal.tell(`${videoId} stays as it was: ${code}: ${message}`);
    terminal.tell(`${plural(taken.length, 'film')} taken over, ${refused.length} refused.`);
  }
  return refused.length === 0 ? EXIT.done : EXIT.failed;
}
