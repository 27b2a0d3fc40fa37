import { afterAll, describe, test } from 'vitest';
import { llmContract, type VideoSetting, videoContract } from '../../src/adapters/testing/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import type { VideoVendor } from '../../src/core/ports.ts';
import type { FaultKind } from '../support/loopback.ts';
import { startVertexServer, type VertexServer, type VertexServerOptions } from '../support/vertex-server.ts';
import { geminiOn, omniOn, place, veoOn } from './helpers.ts';

/** Servers live as long as the file: a contract's case does not say when it is over. */
const servers: VertexServer[] = [];
const serve = async (options: VertexServerOptions = {}) => {
  const server = await startVertexServer(options);
  servers.push(server);
  return server;
};

describe.each([
  ['veo', veoOn],
  ['omni', omniOn],
] as const)('%s keeps the video contract', (_name, on) => {
  async function setting(prepare: (server: VertexServer) => void = () => {}): Promise<VideoSetting> {
    let now = 0;
    const bucket = new Map<string, Uint8Array>();
    const server = await serve({
      now: () => now,
      latencyMs: 60_000,
      onDeliver: (uri, bytes) => void bucket.set(uri, bytes),
    });
    prepare(server);
    return {
      video: on(server),
      another: on(server),
      outputPlace: place,
      finish: () => {
        now += 60_000;
      },
      stored: (uri) => sourceOf(bucket.get(uri) ?? new Uint8Array()),
    };
  }
  const troubled = (kind: FaultKind) => async (): Promise<{ readonly video: VideoVendor }> =>
    setting((server) => {
      for (const operation of ['launch', 'interaction-create'] as const) server.fault({ on: operation, kind });
    });
  const refused = {
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'It violates our usage guidelines. Support codes: 58061214',
        status: 'INVALID_ARGUMENT',
      },
    },
  };
  const cases = videoContract(setting, {
    refusing: troubled(refused),
    throttling: troubled('429'),
    answerLost: troubled('lose'),
    notConnected: async () => {
      const server = await startVertexServer();
      await server.close();
      return { video: on(server), outputPlace: place };
    },
    filtering: () => setting((server) => server.outcome({ kind: 'filtered' })),
    failing: () => setting((server) => server.outcome({ kind: 'error', code: 13, message: 'Internal.' })),
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe.each(['gemini-3.8-flash', 'gemini-2.5-pro'])('gemini(%j) keeps the contract of language models', (id) => {
  const cases = llmContract(async () => ({ llm: geminiOn(await serve({ write: () => '{"title":"Blue"}' }), {}, id) }));
  test.each(cases)('$name', ({ run }) => run());
});

afterAll(() => Promise.all(servers.map((server) => server.close())));
