/**
 * A step of one's own behind the final cut: a cover picture, taken from the middle of the film. It is a value in a list; the core is not
 * touched. Small, fast simulated videos: `npm run example -- examples/03-own-step.ts`.
 */
import { createPipeline, defaultSteps, defineStep, runToEnd } from 'reelstate';
import { ffmpeg } from 'reelstate/ffmpeg';
import { folder, sqlite } from 'reelstate/local';
import { simulated } from 'reelstate/simulated';

const cover = defineStep({
  name: 'cover',
  perform: async ({ film, cut, ports: { storage, media }, signal }) => {
    if (cut === undefined || media === undefined) throw new Error('a cover needs the final cut and a media port');
    const source = storage.source(cut.name, { revision: cut.revision });
    const picture = await media.frame(source, { atMs: cut.durationMs / 2, format: 'jpeg', timeoutMs: 60_000, signal });
    try {
      const name = `${film.videoId}/cover.jpg`;
      // Performed again after a crash: what is there already is replaced, under the revision that was read.
      const before = await storage.head(name, { signal });
      const ifRevision = before?.revision ?? null;
      const { revision } = await storage.put(name, picture, { ifRevision, contentType: 'image/jpeg', signal });
      return { name, revision };
    } finally {
      await picture.dispose();
    }
  },
});

const out = process.argv[2] ?? 'films';
const films = createPipeline({
  storage: folder(out),
  state: sqlite(`${out}/.reelstate-data/films.db`),
  ...simulated({
    folder: `${out}/.reelstate-data/simulated`,
    size: { width: 180, height: 320 },
    speedUp: 200,
  }),
  media: ffmpeg(),
  steps: [...defaultSteps(), cover],
});

const { videoId } = await films.create({ theme: 'Why is the sky blue?', durationSeconds: 8 });
const film = await runToEnd(films, videoId);
console.log(film.status, film.steps.map(({ name, done }) => `${name}${done ? '' : '?'}`).join(' '));
console.log(`${out}/${videoId}/cover.jpg`);
