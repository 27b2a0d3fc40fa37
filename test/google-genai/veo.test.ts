import { expect, test } from 'vitest';
import { startVertexServer } from '../support/vertex-server.ts';
import { launchRequest, place, veoOn } from './helpers.ts';

test('a launch posts the documented body and names its operation', async () => {
  await using server = await startVertexServer();
  const { operation } = await veoOn(server).launch(launchRequest({ seed: 7 }));
  expect(operation).toMatch(
    /^projects\/demo\/locations\/us-central1\/publishers\/google\/models\/veo-3\.1-fast-generate-001\/operations\//,
  );
  expect(server.calls).toHaveLength(1);
  expect(JSON.parse(String(server.calls[0]?.body))).toEqual({
    instances: [
      {
        prompt:
          'A baker opens her shop at dawn. The speaker says in French: Bonjour à tous. No subtitles, no captions, no on-screen text.',
      },
    ],
    labels: { film: 'video_1', block: '1', take: '1' },
    parameters: {
      sampleCount: 1,
      storageUri: place,
      durationSeconds: 8,
      seed: 7,
      aspectRatio: '9:16',
      resolution: '720p',
      generateAudio: true,
    },
  });
});

test('another process looks at an operation by its name alone', async () => {
  let now = 0;
  const written: string[] = [];
  await using server = await startVertexServer({
    now: () => now,
    latencyMs: 60_000,
    onDeliver: (uri) => void written.push(uri),
  });
  const { operation } = await veoOn(server).launch(launchRequest());
  const elsewhere = veoOn(server);
  expect(await elsewhere.look(operation)).toEqual({ status: 'running' });
  now = 60_000;
  const look = await elsewhere.look(operation, { outputPlace: place });
  expect(look).toEqual({ status: 'done', output: { uri: written[0] } });
  expect(server.chargedMicroUsd).toBe(800_000);
});
