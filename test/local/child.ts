/** What the tests of several processes run in each of them: `node child.ts ROLE PATH [ARGUMENT]`. */
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { processName } from '../../src/adapters/local/process-name.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Storage } from '../../src/core/ports.ts';
import { bodyOf } from './bodies.ts';

const [role = '', path = '', argument = ''] = process.argv.slice(2);

const isConflict = (error: unknown) =>
  ReelstateError.is(error) && (error.code === 'precondition-failed' || error.code === 'state-conflict');

/** Says something and waits until it has left this process. */
const say = (line: string) => new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

const unlessConflict = <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch((error: unknown) => {
    if (isConflict(error)) return undefined;
    throw error;
  });

async function countUp(storage: Storage, name: string): Promise<number | undefined> {
  const present = await storage.text(name);
  const count = present === undefined ? 1 : Number(present.text.slice(0, 12)) + 1;
  const options = { ifRevision: present?.object.revision ?? null, metadata: { count: String(count) } };
  return (await unlessConflict(storage.put(name, bodyOf(count), options))) && count;
}

const roles: Readonly<Record<string, () => Promise<void>>> = {
  /** Counts a file up so many times. */
  'folder-count': async () => {
    const storage = folder(path);
    for (let left = Number(argument); left > 0; ) if (await countUp(storage, 'film/count.txt')) left -= 1;
  },
  /** Tries to create 40 names; says how many it got. */
  'folder-create': async () => {
    const storage = folder(path);
    let won = 0;
    for (let at = 0; at < 40; at++) {
      if (await unlessConflict(storage.put(`film/${at}.txt`, bodyOf(process.pid), { ifRevision: null }))) won += 1;
    }
    await say(String(won));
  },
  /** Counts a file up until it is killed; says each number when it is safe. */
  'folder-forever': async () => {
    const storage = folder(path);
    for (;;) await say(String(await countUp(storage, 'film/count.txt')));
  },
  'folder-write': async () => {
    const size = Number(argument);
    await folder(path)
      .put('film/new.bin', new Uint8Array(size), { ifRevision: null })
      .then(() => say('written'))
      .catch((error: ReelstateError) => say(`${error.kind} ${error.code} ${error.cure !== undefined}`));
  },
  /** Counts a film and a counter up so many times. */
  'sqlite-count': async () => {
    const store = sqlite(path);
    for (let left = Number(argument); left > 0; ) {
      const present = await store.load('film-0001');
      const count = Number(present?.state.count ?? 0) + 1;
      const request = {
        videoId: 'film-0001',
        ifRevision: present?.revision ?? null,
        state: { count },
        wakes: {},
        index: { status: 'running', metadata: {}, createdAt: 1 },
        counters: [{ key: 'all', add: 1 }],
      };
      if (await unlessConflict(store.save(request))) left -= 1;
    }
    await store.close?.();
  },
  /** Counts ten films up until it is killed; says each when it is safe. */
  'sqlite-forever': async () => {
    const store = sqlite(path);
    const index = { status: 'running', metadata: {}, createdAt: 1 };
    const run = async (videoId: string) => {
      let { state, revision } = (await store.load(videoId)) ?? { state: { count: 0 }, revision: null };
      for (;;) {
        const count = Number(state.count) + 1;
        state = { count, body: bodyOf(count) };
        const counters = [{ key: videoId, add: 1 }];
        ({ revision } = await store.save({ videoId, ifRevision: revision, state, wakes: {}, index, counters }));
        await say(`${videoId} ${count}`);
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, film) => run(`film-000${film}`)));
  },
  /** Claims what is due and stays; to be killed. */
  'sqlite-claim': async () => {
    const store = sqlite(path);
    const claimed = await store.claimDue({ now: Number(argument), limit: 10, roles: ['video'], leaseMs: 60_000 });
    await say(claimed.join(' '));
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  'sqlite-fill': async () => {
    const store = sqlite(path);
    const index = { status: 'running', metadata: {}, createdAt: 1 };
    let saved = 0;
    try {
      for (;;) {
        const state = { body: bodyOf(saved) };
        await store.save({
          videoId: `film-${String(saved).padStart(4, '0')}`,
          ifRevision: null,
          state,
          wakes: {},
          index,
        });
        saved += 1;
      }
    } catch (error) {
      const { kind, code } = error as ReelstateError;
      await say(`${saved} ${kind} ${code}`);
    }
  },
  name: () => say(processName()),
};

await roles[role]?.();
