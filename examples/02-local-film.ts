/**
 * A real film on this machine, without a key and without cost: `npm run example -- examples/02-local-film.ts "Why is the sky blue?"`.
 * Stop it at any moment and run it again: the film of that id goes on where it was.
 */
import { fileURLToPath } from 'node:url';
import { createPipeline, runToEnd } from 'reelstate';
import { ffmpeg } from 'reelstate/ffmpeg';
import { folder, sqlite } from 'reelstate/local';
import { simulated } from 'reelstate/simulated';

const films = createPipeline({
  storage: folder('films'),
  state: sqlite('films/.reelstate-data/films.db'),
  ...simulated({ folder: 'films/.reelstate-data/simulated' }), // llm, video and transcription
  media: ffmpeg(),
});

const theme = process.argv[2] ?? 'Why is the sky blue?';
const { videoId, cost } = await films.create({ videoId: 'my-first-film', theme, durationSeconds: 15 });
console.log(`about $${cost.estimatedUsd.toFixed(2)}, at most $${cost.capUsd.toFixed(2)} (simulated: nothing is paid)`);

const film = await runToEnd(films, videoId);
switch (film.status) {
  case 'completed':
    console.log(fileURLToPath(film.output.uri));
    break;
  case 'needs-input':
    console.log(film.reason.message, film.commands);
    break;
  case 'failed':
    console.error(film.error.code, film.error.cure);
}
