/**
 * A vendor's answer names where its result is: only the take's own place is read, whatever it says. What the adapters let through is in
 * test/google-genai (veo-look, omni, google-files): hosts, schemes, ports, redirects, and where the key goes.
 */
import { describe, expect, it } from 'vitest';
import { interactionLook } from '../../src/adapters/google-genai/omni-look.ts';
import { lookOf } from '../../src/adapters/google-genai/veo-look.ts';
import { studio } from '../support/studio.ts';

const elsewhere = (videoId: string): Readonly<Record<string, string>> => ({
  'another bucket': `memory://another/${videoId}/takes/1-1/1/sample_0.mp4`,
  'another film': 'memory://storage/other-film-1/takes/1-1/1/sample_0.mp4',
  'another take': `memory://storage/${videoId}/takes/1-2/1/sample_0.mp4`,
  'a take whose number begins like ours': `memory://storage/${videoId}/takes/1-11/1/sample_0.mp4`,
  'a published name': `memory://storage/${videoId}/block_1.mp4`,
  'a way up': `memory://storage/${videoId}/takes/1-1/../../../other-film-1/block_1.mp4`,
  'a web server': 'http://evil.example/sample_0.mp4',
  'the metadata server': 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token',
  'this machine': 'http://localhost:8080/sample_0.mp4',
  'a local file': 'file:///etc/passwd',
  'no URI': 'sample_0.mp4',
  nothing: '',
});

describe('a result that lies', () => {
  for (const where of Object.keys(elsewhere('x'))) {
    it(`${where}: is not read, and its take has failed`, async () => {
      const base = studio({ outcomes: () => 'running', pipeline: { limits: { maxAttempts: 1 } } });
      const { storage, video } = base;
      const read: string[] = [];
      const { videoId } = await base.films.create({ theme: 'Bees', durationSeconds: 8 });
      // It is there, and would be a film.
      const bait = `other-film-1/block_1.mp4`;
      await storage.put(bait, 'bait', { ifRevision: null });
      const uri = elsewhere(videoId)[where] ?? '';
      const films = base.host({
        video: { ...video, look: async () => ({ status: 'done', output: { uri } }) },
        storage: {
          ...storage,
          head: (name, options) => {
            read.push(name);
            return storage.head(name, options);
          },
          source: (name, options) => {
            read.push(name);
            return storage.source(name, options);
          },
        },
      });
      const film = await base.run(videoId, () => false, films);
      expect(film.blocks[0]?.takes[0]).toMatchObject({ status: 'failed', code: 'foreign-output' });
      expect(film.status).toBe('failed');
      expect(read.filter((name) => !name.startsWith(`${videoId}/`))).toEqual([]);
    });
  }
});

describe('what the adapters make of it', () => {
  const place = 'gs://films/video_1/takes/1-1/';
  const foreign = [
    'gs://films-evil/video_1/takes/1-1/1/sample_0.mp4',
    'gs://films/video_1/takes/1-11/1/sample_0.mp4',
    'gs://films/video_1/takes/1-1/../../../x/sample_0.mp4',
    'http://films/video_1/takes/1-1/1/sample_0.mp4',
    'http://169.254.169.254/sample_0.mp4',
    'file:///etc/passwd/sample_0.mp4',
    `${place}1/sample_0.mp4.exe`,
    'https://storage.googleapis.com/films/video_1/takes/1-1/1/sample_0.mp4',
  ];
  it.for(foreign)('veo: %s is no result', (uri) => {
    const operation = { done: true, response: { generatedVideos: [{ video: { uri } }] } };
    expect(lookOf(operation, place)).toMatchObject({ status: 'failed', code: 'foreign-output' });
  });

  it.for(foreign.filter((uri) => !uri.endsWith('.exe')))('omni: %s is no result', (uri) => {
    const interaction = { status: 'completed', steps: [{ type: 'model_output', content: [{ type: 'video', uri }] }] };
    const vertex = interactionLook('abc', interaction, { vertex: true, outputPlace: place });
    expect(vertex).toMatchObject({ status: 'failed', code: 'foreign-output' });
    expect(interactionLook('abc', interaction, { vertex: false })).toMatchObject({
      status: 'failed',
      code: 'foreign-output',
    });
  });
});
