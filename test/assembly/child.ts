/** An assembler in a process of its own: `node child.ts folder vendor videoId ffmpeg tempDir`. */
import { join } from 'node:path';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { simulated } from '../../src/adapters/simulated/index.ts';
import { createPipeline } from '../../src/index.ts';

const [place = '', vendor = '', videoId = '', ffmpegPath = '', tempDir = ''] = process.argv.slice(2);
const { transcription } = simulated({ folder: vendor, background: false });
const films = createPipeline({
  storage: folder(join(place, 'films')),
  state: sqlite(join(place, 'state.db')),
  transcription,
  media: ffmpeg({ ffmpegPath, tempDir }),
  checks: false,
});
await films.advance(videoId);
