/** A launch between its intent and its POST: what stops it, what is then written where, and who waits. */
import { describe, expect, it, vi } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import { foreignTake } from '../../src/core/foreign.ts';
import { intend, launch } from '../../src/core/launch.ts';
import { createOnce } from '../../src/core/marks.ts';
import { paths } from '../../src/core/paths.ts';
import { blockOf, type FilmState, type Take } from '../../src/core/state.ts';
import { type Intended, intended, videoId } from '../support/intended.ts';

const WINDOW_MS = 30_000;
const again = (waitingFor: string, dueAt: unknown = expect.any(Number)) => ({
  type: 'task-due',
  id: 'launch:1',
  input: 'r1',
  waitingFor,
  failedAt: expect.any(Number),
  dueAt,
});

const ended = ({ take }: Intended, code: string) => ({
  type: 'take-ended',
  block: 1,
  token: take.token,
  outcome: { kind: 'released', at: expect.any(Number), code },
  charge: 'not-charged',
});
const other = ({ film }: Intended) => ({
  ...foreignTake(film, blockOf(film, 1), 'op', 0),
  holder: 'other',
  token: 'other',
});
const OUTPUT = { name: 'x', revision: '1', durationMs: 8000, width: 720, height: 1280, frames: 192, hasAudio: true };

describe('a launch', () => {
  it('is posted once, as it was intended, and its operation written down', async () => {
    const made = await intended();
    await made.clock.advance(WINDOW_MS);
    const facts = await made.post();
    const { posts } = made.video;
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({ seconds: 8, outputPlace: made.storage.uri(`${videoId}/takes/1-1/`) });
    expect(facts).toEqual([
      { type: 'take-launched', block: 1, token: made.take.token, operation: expect.any(String), at: made.clock.now() },
      { type: 'task-due', id: 'look:1-1', input: made.take.token, dueAt: expect.any(Number) },
    ]);
    const [intent, operation] = await Promise.all(
      [paths.intent, paths.operation].map((path) => made.storage.text(path(videoId, 1, 1))),
    );
    expect(intent?.object.metadata).toEqual({ token: made.take.token, round: '1' });
    const { inputHash, microUsd, at, token } = made.take;
    expect(JSON.parse(intent?.text ?? '')).toMatchObject({
      token,
      round: 1,
      inputHash,
      microUsd,
      at,
      from: null,
      seconds: 8,
    });
    expect(operation?.object.metadata).toEqual({ token: made.take.token });
    expect(JSON.parse(operation?.text ?? '')).toMatchObject({ token, at: made.clock.now() });
  });

  const stops: readonly [code: string, why: string, change: (made: Intended) => unknown][] = [
    ['stopped', 'the film was paused', ({ films }) => films.send(videoId, { type: 'pause' })],
    ['stopped', 'the film was cancelled', ({ films }) => films.send(videoId, { type: 'cancel' })],
    ['stopped', 'bucket and database disagree', ({ tell }) => tell({ type: 'disagreed', reason: 'x' })],
    ['stopped', 'another program is at work', ({ tell }) => tell({ type: 'contended', reason: 'x' })],
    [
      'superseded',
      'the block has another round',
      ({ films }) => films.send(videoId, { type: 'reroll', block: 1, maxUsd: 9 }),
    ],
    ['superseded', 'its text was softened', ({ tell }) => tell(softened(0))],
    [
      'superseded',
      'another take was accepted',
      (made) =>
        made.tell(
          { type: 'take-intended', block: 1, take: { ...other(made), take: 2 } },
          { type: 'take-finished', block: 1, token: 'other', output: OUTPUT, at: 1 },
          { type: 'accepted', block: 1, token: 'other', round: 1, covers: { fromMs: 0, toMs: 8000 } },
        ),
    ],
    [
      'superseded',
      'somebody else ended the take',
      ({ tell, take }) =>
        tell({
          type: 'take-ended',
          block: 1,
          token: take.token,
          outcome: { kind: 'lost', at: 1 },
          charge: 'unknown',
        }),
    ],
    ['worker-left', 'its worker leaves', ({ stop }) => stop.abort()],
  ];
  it.each(stops)(
    'is released as %s where %s: nothing is posted, and no later one waits for it',
    async (code, _, change) => {
      const made = await intended();
      await change(made);
      expect(await made.post()).toEqual([ended(made, code)]);
      expect(made.video.posts).toEqual([]);
      expect(await made.outcome()).toMatchObject({ kind: 'released', code, token: made.take.token });
      expect((await made.storage.head(paths.outcome(videoId, 1, 1)))?.metadata).toEqual({ token: made.take.token });
    },
  );

  const delays: readonly [code: string, why: string, change: (made: Intended) => unknown][] = [
    ['kill-switch', 'the kill switch is on', ({ state }) => state.counters.change([{ key: 'kill-switch', add: 1 }])],
    ['window-closed', 'its window is over', ({ clock }) => clock.advance(WINDOW_MS + 1)],
    ['window-closed', 'its window is over by the wall clock alone', ({ clock }) => clock.skew(WINDOW_MS + 1)],
    [
      'window-closed',
      'its window is over by the other clock alone',
      async ({ clock }) => {
        clock.skew(-WINDOW_MS);
        await clock.advance(WINDOW_MS + 1);
      },
    ],
  ];
  it.each(delays)('is released as %s where %s: nothing is posted, and the next one waits', async (code, _, change) => {
    const made = await intended();
    await change(made);
    expect(await made.post()).toEqual([ended(made, code), again(code)]);
    expect(made.video.posts).toEqual([]);
    expect(await made.outcome()).toMatchObject({ kind: 'released', code });
  });

  it('waits the longer the more came to nothing in this round', async () => {
    const waitAfter = async (failures: number, input = 'r1') => {
      const made = await intended();
      const of = { id: 'launch:1', input };
      const fact: Fact = { type: 'task-due', ...of, dueAt: 0, failedAt: made.clock.now(), waitingFor: 'x' };
      const tasks = failures === 0 ? [] : Array.from({ length: failures }, () => fact);
      await made.tell(...tasks, { type: 'foreign-object', block: 9, name: 'x' });
      await made.state.counters.change([{ key: 'kill-switch', add: 1 }]);
      const due = (await made.post())[1] as Extract<Fact, { type: 'task-due' }>;
      return due.dueAt - made.clock.now();
    };
    const [first = 0, sixth = 0, firstOfRound] = await Promise.all([waitAfter(0), waitAfter(6), waitAfter(6, 'r0')]);
    expect(firstOfRound).toBe(first);
    expect(sixth).toBeGreaterThan(4 * first);
  });
});

const softened = (count: number): Fact => ({
  type: 'softened',
  block: 1,
  round: 1,
  count,
  text: { dialogue: 'Softer.', visual: 'Softer.' },
});

describe('a block that continues another', () => {
  /** Block 1 is accepted, and the first take of block 2 failed. */
  async function second() {
    const made = await intended();
    const { take, tell, engine, context, storage } = made;
    const name = `${paths.place(videoId, 1, 1)}1/sample_0.mp4`;
    await createOnce(storage, paths.intent(videoId, 1, 1), {}, { token: take.token });
    const { revision } = await storage.put(name, 'x', { ifRevision: null });
    const of = { block: 1, token: take.token };
    await tell(
      { type: 'take-launched', ...of, operation: 'op-1', at: 1 },
      { type: 'take-finished', ...of, output: { ...OUTPUT, name, revision }, at: 1 },
      { type: 'accepted', ...of, round: 1, covers: { fromMs: 0, toMs: 8000 } },
      { type: 'acceptance-fixed', ...of, round: 1 },
    );
    const [, planned] = made.film.plan;
    if (planned === undefined) throw new Error('no plan');
    const earlier = { ...take, token: 'earlier', microUsd: 0, outcome: { kind: 'failed', at: 1 } } as const;
    await createOnce(storage, paths.intent(videoId, 2, 1), {}, { token: earlier.token });
    await tell({ type: 'take-intended', block: 2, take: earlier });
    const { film } = await engine.films.update(videoId, (now) => intend(now, planned, context));
    const [, next] = blockOf(film, 2).takes;
    if (next === undefined) throw new Error('no take');
    const post = () => launch(film, planned, context);
    return { ...made, film, take: next, planned, name, revision, from: take.token, post };
  }
  const released = (take: Take, code: string) => ({ ...ended({ take } as Intended, code), block: 2 });

  it('is asked for with its very video, and its intent says from which take', async () => {
    const made = await second();
    const { from, name, revision } = made;
    expect(made.take).toMatchObject({ take: 2, round: 1, charge: 'reserved', from, seconds: 7 });
    expect(made.take.dialogue).toBe(made.film.script?.blocks[1]?.dialogue);
    await made.post();
    expect(made.video.posts).toMatchObject([
      { seconds: 7, extends: { uri: made.storage.uri(name), revision, durationMs: 8000, operation: 'op-1' } },
    ]);
    const intent = await made.storage.text(paths.intent(videoId, 2, 2));
    expect(JSON.parse(intent?.text ?? '')).toMatchObject({ from });
  });

  it('and begins a chain of its own continues nothing', async () => {
    const made = await second();
    const outcome = { kind: 'released', at: 1 } as const;
    await made.tell({ type: 'take-ended', block: 2, token: made.take.token, outcome, charge: 'not-charged' });
    const { film } = await made.engine.films.load(videoId);
    const [fact] = intend(film, { ...made.planned, kind: 'start' }, made.context);
    expect(fact).toMatchObject({ type: 'take-intended', take: { take: 3 } });
    expect(fact).not.toHaveProperty('take.from');
  });

  it('has one intent at a time', async () => {
    const made = await second();
    expect(intend(made.film, made.planned, made.context)).toEqual([]);
  });

  it('is not posted for a film that was told to finish without it', async () => {
    const made = await second();
    await made.films.send(videoId, { type: 'finish' });
    expect(await made.post()).toEqual([released(made.take, 'stopped')]);
    expect(made.video.posts).toEqual([]);
  });

  it('is not posted where the bucket has another video, which ends the film', async () => {
    const made = await second();
    await made.storage.put(made.name, 'another', { ifRevision: made.revision });
    const error = expect.objectContaining({ code: 'input-changed', cure: expect.stringContaining(made.name) });
    expect(await made.post()).toEqual([released(made.take, 'input-changed'), { type: 'film-failed', error }]);
    expect(made.video.posts).toEqual([]);
  });
});

describe('film.json', () => {
  it('is brought up before a launch that it does not know the reason of', async () => {
    const made = await intended();
    await made.tell({ type: 'command', record: { id: 'new', at: 1, command: { type: 'resume' } } });
    const { film } = await made.engine.films.load(videoId);
    await launch(film, made.planned, made.context);
    const mark = await made.storage.text(paths.film(videoId));
    expect((JSON.parse(mark?.text ?? '') as FilmState).commands.map(({ id }) => id)).toContain('new');
    expect(made.video.posts).toHaveLength(1);
  });
});

describe('an intent in the bucket', () => {
  const intent = (made: Intended, metadata: Record<string, string>) =>
    createOnce(made.storage, paths.intent(videoId, 1, 1), {}, metadata);

  it('of another database: nothing is posted, nothing in its place is written, and a person is asked', async () => {
    const made = await intended();
    await intent(made, { token: 'theirs' });
    expect(await made.post()).toEqual([
      { type: 'disagreed', reason: expect.stringContaining('take 1 of block 1') },
      ended(made, 'older-database'),
    ]);
    expect([made.video.posts, await made.outcome()]).toEqual([[], undefined]);
  });

  it('that is a tombstone: nothing is posted', async () => {
    const made = await intended();
    await intent(made, { token: made.take.token, tombstone: 'true' });
    expect(await made.post()).toEqual([ended(made, 'tombstone')]);
    expect(made.video.posts).toEqual([]);
  });

  it('of a take that the database does not know: nothing is posted, and a person is asked', async () => {
    const made = await intended();
    await createOnce(made.storage, paths.intent(videoId, 2, 1), {}, { token: 'theirs' });
    expect(await made.post()).toEqual([
      { type: 'disagreed', reason: expect.any(String) },
      ended(made, 'older-database'),
    ]);
    expect(made.video.posts).toEqual([]);
    expect(await made.outcome()).toMatchObject({ code: 'older-database' });
  });

  it('that cannot be written leaves the take to its tombstone', async () => {
    const down = new ReelstateError('retryable', 'Down.', { code: 'storage-unavailable' });
    const made = await intended(({ storage }) => ({
      storage: {
        ...storage,
        put: (name, ...rest) => (name.endsWith('intent.json') ? Promise.reject(down) : storage.put(name, ...rest)),
      },
    }));
    await expect(made.post()).rejects.toBe(down);
    expect(made.video.posts).toEqual([]);
  });
});

describe('an error before the POST', () => {
  const failing = (kind: 'retryable' | 'permanent') =>
    intended(({ storage }) => ({
      storage: { ...storage, list: () => Promise.reject(new ReelstateError(kind, 'No.', { code: 'bucket-away' })) },
    }));

  it('that passes releases the take, and the next one waits', async () => {
    const made = await failing('retryable');
    expect(await made.post()).toEqual([ended(made, 'bucket-away'), again('bucket-away')]);
    expect(made.video.posts).toEqual([]);
  });

  it('that does not pass fails the film', async () => {
    const made = await failing('permanent');
    const error = expect.objectContaining({ code: 'bucket-away' });
    expect(await made.post()).toEqual([ended(made, 'bucket-away'), { type: 'film-failed', error }]);
    expect(made.video.posts).toEqual([]);
  });
});

describe('a vendor’s answer', () => {
  const answering = (error: ReelstateError) =>
    intended(({ video }) => ({ video: { ...video, launch: () => Promise.reject(error) } }));
  const answers: readonly [string, ReelstateError, (made: Intended) => readonly unknown[]][] = [
    [
      'a refusal ends the take free of charge, with its words',
      new ReelstateError('refused', 'No bees.', { code: 'refused', effect: 'none', details: { audio: true } }),
      ({ take }) => [
        {
          type: 'take-ended',
          block: 1,
          token: take.token,
          outcome: { kind: 'refused', at: expect.any(Number), code: 'refused', message: 'No bees.', audio: true },
          charge: 'not-charged',
        },
      ],
    ],
    [
      'no connection releases it, and the next one waits',
      new ReelstateError('retryable', 'No.', { code: 'not-connected', effect: 'none' }),
      (made) => [ended(made, 'not-connected'), again('not-connected')],
    ],
    [
      'a throttle releases it, and the next one waits as long as the vendor says',
      new ReelstateError('throttled', 'Slow.', { code: 'quota', effect: 'none', retryAfterMs: 1_234_567 }),
      (made) => [ended(made, 'quota'), again('throttled', made.clock.now() + 1_234_567)],
    ],
    [
      'a rejection releases it and fails the film',
      new ReelstateError('permanent', 'Bad.', { code: 'bad-request', effect: 'none' }),
      (made) => [
        ended(made, 'bad-request'),
        { type: 'film-failed', error: expect.objectContaining({ code: 'bad-request' }) },
      ],
    ],
    [
      'silence makes it unknown until it has settled; it is looked for soon',
      new ReelstateError('retryable', 'Silence.', { code: 'timeout' }),
      ({ take, film, clock }) => {
        const { launchWithinMs, launchTimeoutMs, worstMs, lookDelayMs } = film.model.timing;
        const settlesAt = take.at + launchWithinMs + launchTimeoutMs + worstMs;
        return [
          { type: 'take-unknown', block: 1, token: take.token, at: clock.now(), settlesAt },
          { type: 'task-due', id: 'look:1-1', input: take.token, dueAt: clock.now() + lookDelayMs },
        ];
      },
    ],
  ];
  it.each(answers)('%s', async (_, error, expected) => {
    const made = await answering(error);
    expect(await made.post()).toEqual(expected(made));
    const mark = await made.outcome();
    const token = error.effect === 'none' ? made.take.token : undefined;
    expect(mark?.token).toBe(token);
    expect((await made.storage.head(paths.outcome(videoId, 1, 1)))?.metadata.token).toBe(token);
  });

  it('that it is throttled, without a time, is waited for longer than a connection', async () => {
    const waits = await Promise.all(
      (['throttled', 'retryable'] as const).map(async (kind) => {
        const made = await answering(new ReelstateError(kind, 'No.', { code: 'no', effect: 'none' }));
        const due = (await made.post())[1] as Extract<Fact, { type: 'task-due' }>;
        return due.dueAt - made.clock.now();
      }),
    );
    expect(waits[0]).toBeGreaterThan(2 * (waits[1] ?? 0));
  });

  it('of the same kind for longer than anything is waited for gives the block up', async () => {
    const error = new ReelstateError('retryable', 'No.', { code: 'not-connected', effect: 'none' });
    const made = await answering(error);
    const since = made.clock.now() - made.film.model.timing.giveUpMs;
    const typesAfter = async (failingSince: number, input = 'r1') => {
      const tasks = { 'launch:1': { input, failures: 9, failingSince } };
      const facts = await launch({ ...made.film, tasks }, made.planned, made.context);
      return facts.map(({ type }) => type);
    };
    expect(await typesAfter(since)).toEqual(['take-ended', 'task-due']);
    expect(await typesAfter(since - 1, 'r0')).toEqual(['take-ended', 'task-due']);
    expect(await typesAfter(since - 1)).toEqual(['take-ended', 'task-gave-up']);
  });

  it('is told to the state also where the bucket does not take its mark', async () => {
    const denied = new ReelstateError('permanent', 'Denied.', { code: 'storage-denied' });
    const warn = vi.fn();
    const made = await intended(({ storage }) => ({
      logger: { debug: () => {}, info: () => {}, warn, error: () => {} },
      storage: {
        ...storage,
        put: (name, ...rest) => (name.endsWith('operation.json') ? Promise.reject(denied) : storage.put(name, ...rest)),
      },
    }));
    expect((await made.post()).map(({ type }) => type)).toEqual(['take-launched', 'task-due']);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('operation.json'), { videoId, block: 1, error: 'storage-denied' }],
    ]);
  });
});
