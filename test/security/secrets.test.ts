/** I13: no key, token or signed URL in any log line, error, document or object. The adapters' own tests plant keys in vendors' answers. */
import { GoogleAuth, OAuth2Client } from 'google-auth-library';
import { afterEach, describe, expect, it } from 'vitest';
import { firestoreError } from '../../src/adapters/google-cloud/firestore-errors.ts';
import { gcsError } from '../../src/adapters/google-cloud/gcs-errors.ts';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import { fakeMedia } from '../../src/adapters/memory/index.ts';
import { bytesOf } from '../../src/core/bytes.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { PipelineOptions } from '../../src/core/pipeline.ts';
import type { StateStore } from '../../src/core/ports.ts';
import { redact } from '../../src/core/redact.ts';
import { startGcsServer } from '../support/gcs-server.ts';
import { type StudioOptions, studio } from '../support/studio.ts';
import { allSecrets, canaries, everythingIn, keepingLogger, leakyError, spilled } from './canaries.ts';

/** The same port, whose methods throw before they do anything: the first `times` calls of each. */
function spilling<Port extends object>(
  port: Port,
  methods: readonly (keyof Port)[],
  make: () => unknown,
  times = 1,
): Port {
  const left = new Map(methods.map((method) => [method, times]));
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const rest = left.get(name as keyof Port) ?? 0;
        left.set(name as keyof Port, rest - 1);
        if (rest > 0) return Promise.reject(make());
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** Runs a film and gives everything that anybody could read of it afterwards. */
async function traces(
  changes: (ports: ReturnType<typeof studio>) => Partial<PipelineOptions>,
  options?: StudioOptions,
) {
  const logger = keepingLogger();
  const base = studio({ ...options, pipeline: { ...options?.pipeline, logger } });
  const saved: string[] = [];
  const state: StateStore = {
    ...base.state,
    save: (request) => {
      saved.push(JSON.stringify(request));
      return base.state.save(request);
    },
  };
  const films = base.host({ state, ...changes(base) });
  const thrown: string[] = [];
  const { videoId } = await base.host({ state }).create({ theme: 'Bees', durationSeconds: 15, maxUsd: 20 });
  let status = '';
  for (let turn = 0; turn < 400; turn += 1) {
    const film = await films.advance(videoId).catch((error: unknown) => {
      thrown.push(everythingIn(error));
      return undefined;
    });
    if (film !== undefined && film.status !== 'waiting') {
      status = film.status;
      break;
    }
    await base.clock.advance(film === undefined ? 1000 : Math.max(1, film.wakeAt - base.clock.now()));
  }
  const objects = await base.storage.list('');
  const contents = await Promise.all(
    objects.map(
      async (object) =>
        JSON.stringify(object) + Buffer.from(await bytesOf(base.storage.source(object.name))).toString('latin1'),
    ),
  );
  const view = JSON.stringify(await films.get(videoId));
  return {
    status,
    logged: logger.lines.join('\n'),
    saved: saved.join('\n'),
    thrown: thrown.join('\n'),
    objects: contents.join('\n'),
    view,
  };
}

const nothing = { logged: [], saved: [], thrown: [], objects: [], view: [] };
const spills = ({ logged, saved, thrown, objects, view }: Awaited<ReturnType<typeof traces>>) => ({
  logged: spilled(logged),
  saved: spilled(saved),
  thrown: spilled(thrown),
  objects: spilled(objects),
  view: spilled(view),
});

describe('a port that throws an error with every secret in it', () => {
  const ports: Readonly<Record<string, (made: ReturnType<typeof studio>) => Partial<PipelineOptions>>> = {
    'the language model': ({ llm }) => ({ llm: spilling(llm, ['generate'], leakyError) }),
    'the launch': ({ video }) => ({ video: spilling(video, ['launch'], leakyError) }),
    'the look': ({ video }) => ({ video: spilling(video, ['look'], leakyError) }),
    'the transcriber': ({ transcription }) => ({
      transcription: spilling(transcription, ['transcribe'], leakyError),
    }),
    'the cut': () => ({ media: spilling(fakeMedia(), ['cut', 'audio', 'frame', 'probe'], leakyError) }),
    'the storage': ({ storage }) => ({ storage: spilling(storage, ['list', 'text', 'copy', 'head'], leakyError) }),
  };
  for (const [what, changes] of Object.entries(ports)) {
    it(`${what}: the film goes on, and nobody can read one`, async () => {
      const found = await traces(changes);
      expect(spills(found)).toEqual(nothing);
      expect(found.status).toBe('completed');
    });
  }

  it('for good: the reason that a person reads has none', async () => {
    const found = await traces(({ llm }) => ({ llm: spilling(llm, ['generate'], leakyError, 99) }));
    expect(spills(found)).toEqual(nothing);
    expect(found.status).toBe('needs-input');
    expect(found.view).toContain('ERR_BAD_RESPONSE');
  });
});

describe('an adapter of somebody else’s that puts what its vendor said into its errors', () => {
  for (const kind of ['permanent', 'refused', 'retryable', 'throttled'] as const) {
    it(`${kind}: the secrets are taken out of what is kept and logged`, async () => {
      const error = () =>
        new ReelstateError(kind, `They said ${allSecrets}`, {
          code: 'their-own',
          cure: allSecrets,
          cause: leakyError(),
        });
      const found = await traces(({ video }) => ({ video: spilling(video, ['launch'], error, 2) }));
      expect({ ...spills(found), thrown: [] }).toEqual(nothing);
    });
  }

  it('in a look: neither the state nor the mark in the bucket has them', async () => {
    for (const status of ['failed', 'refused'] as const) {
      const look = { status, code: 'theirs', message: allSecrets, audio: false, supportCodes: [] } as const;
      const found = await traces(({ video }) => {
        let looks = 0;
        return { video: { ...video, look: async (operation) => (++looks === 1 ? look : video.look(operation)) } };
      });
      expect(spills(found)).toEqual(nothing);
      if (status === 'failed') expect(found.objects).toContain('theirs');
    }
  });
});

describe('an error of ours', () => {
  it('shows no secret of its cause, however it is printed', () => {
    const error = new ReelstateError('retryable', 'It failed.', { code: 'failed', cause: leakyError() });
    expect(spilled(everythingIn(error))).toEqual([]);
    expect((error.cause as Error).message).toContain('Request failed');
  });

  it('made of anything that was thrown says its name and code alone', () => {
    for (const thrown of [leakyError(), allSecrets, { message: allSecrets }, undefined, null, 7, Symbol('x')]) {
      const error = ReelstateError.from(thrown);
      expect(spilled(everythingIn(error))).toEqual([]);
      expect(spilled(JSON.stringify(error.toRecord()))).toEqual([]);
    }
    expect(ReelstateError.from(leakyError()).message).toBe('Nobody foresaw this error: Error ERR_BAD_RESPONSE.');
    const renamed = Object.assign(new Error('x'), { name: allSecrets, code: allSecrets });
    expect(spilled(everythingIn(ReelstateError.from(renamed)))).toEqual([]);
  });
});

describe('Google’s own clients', () => {
  const servers: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('the storage client’s error, with the request’s token on it, comes out clean', async () => {
    const server = await startGcsServer({ fault: () => ({ status: 403, message: `denied: ${allSecrets}` }) });
    servers.push(server);
    const client = new OAuth2Client();
    client.setCredentials({ access_token: 'ya29.CanaryC3' });
    const auth = new GoogleAuth({ authClient: client });
    const { Storage } = await import('@google-cloud/storage');
    const storage = gcs({
      bucket: 'films',
      retryDelayMs: 1,
      client: new Storage({ apiEndpoint: server.url, projectId: 'p', authClient: auth }),
    } as Parameters<typeof gcs>[0]);
    for (const run of [
      () => storage.head('a'),
      () => storage.list('a/'),
      () => storage.put('a', 'x', { ifRevision: null }),
    ]) {
      const error = await run().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'storage-denied' });
      expect(spilled(everythingIn(error))).toEqual([]);
    }
  });

  it('whatever hangs on a client’s error stays behind', () => {
    const grpc = Object.assign(leakyError(), { code: 7, details: allSecrets, metadata: { internalRepr: allSecrets } });
    expect(spilled(everythingIn(firestoreError(grpc)))).toEqual([]);
    expect(
      spilled(everythingIn(gcsError(leakyError(), { bucket: 'films', permission: 'storage.objects.get' }))),
    ).toEqual([]);
  });
});

describe('redact', () => {
  for (const [name, { text, needle }] of Object.entries(canaries)) {
    it(`takes out: ${name}`, () => {
      expect(redact(`before ${text} after`)).not.toContain(needle);
      expect(redact(`before ${text} after`)).toMatch(/^before /);
    });
  }

  it('leaves our own messages as they are', () => {
    for (const text of [
      'Block 2: 4 takes failed, the last with vendor-internal.',
      'Cloud Storage denies access. (storage.objects.get on gs://films)',
      'Give the service account roles/storage.objectAdmin on gs://films: the call needs storage.objects.get.',
      'The counter "spend/day/2026-11-23" is at its limit.',
      'There is no object "video_1/takes/1-1/intent.json" (at that revision).',
      'Send it with maxUsd: 2.20.',
    ])
      expect(redact(text)).toBe(text);
  });

  it('is quick on long and nasty texts', () => {
    const nasty = [
      `${'eyJ'.repeat(20_000)}`,
      `${'a:'.repeat(20_000)}`,
      `://${'x'.repeat(50_000)}`,
      `${'-----BEGIN PRIVATE KEY-----'.repeat(2_000)}`,
      'key='.repeat(20_000),
      'A'.repeat(199).concat(' ').repeat(500),
    ];
    const started = performance.now();
    for (const text of nasty) redact(text);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

it('keys in the environment are in nothing that a film leaves', async () => {
  const names = ['GEMINI_API_KEY', 'OPENAI_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = `CanaryB2-${name}`;
  try {
    const found = await traces(() => ({}));
    expect(spills(found)).toEqual(nothing);
  } finally {
    for (const [index, name] of names.entries()) {
      const value = before[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
