/** What an HTTP caller and a log see where everything behind the handlers spills secrets. More of the handlers' own rules is in test/hosts. */
import { expect, it } from 'vitest';
import type { StateStore } from '../../src/core/ports.ts';
import { createFunctions, createVideos, jsonLogger } from '../../src/hosts/index.ts';
import { studio } from '../support/studio.ts';
import { canaries, leakyError, spilled } from './canaries.ts';

const spillingState = (state: StateStore): StateStore => ({
  ...state,
  load: () => Promise.reject(leakyError()),
  save: () => Promise.reject(leakyError()),
  list: () => Promise.reject(leakyError()),
  claimDue: () => Promise.reject(leakyError()),
});

it('no answer and no log line holds a secret, whatever breaks', async () => {
  const base = studio();
  const { videoId } = await base.make({ theme: 'Bees', durationSeconds: 8 });
  const lines: string[] = [];
  const logger = jsonLogger({ write: (line) => void lines.push(line), level: 'debug' });
  const films = base.host({ state: spillingState(base.state), logger });
  const functions = createFunctions({ films, bucket: 'films', auth: 'anyone-may-call', logger, tickMs: 0 });
  const videos = createVideos({ films, authorize: () => true, logger });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    functions.all(
      new Request(`https://host.example${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    );
  const secretHeaders = { authorization: `Bearer ${canaries['id token']?.text}`, cookie: 'session=CanaryD4' };
  const answers = await Promise.all([
    post('/agent-script-v2', { theme: 'Bees', video_id: videoId }, secretHeaders),
    post('/agent-video-v2', { video_id: videoId }, secretHeaders),
    post('/monitor-veo31', {}, secretHeaders),
    post('/agent-assembler-v2', { video_id: videoId }, secretHeaders),
    post('/agent-script-v2', { theme: 'Bees', video_id: `../${canaries['Google API key']?.text}` }),
    videos(new Request(`https://host.example/videos/${videoId}?key=CanaryH8`)),
    videos(new Request(`https://host.example/videos/${videoId}/events`)),
  ]);
  const bodies = await Promise.all(
    answers.map(async (answer) => JSON.stringify([...answer.headers]) + (await answer.text())),
  );
  expect(answers.every(({ status }) => status >= 400)).toBe(true);
  expect(bodies.flatMap(spilled)).toEqual([]);
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.flatMap(spilled)).toEqual([]);
});
