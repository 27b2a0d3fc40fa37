/** What is learnt about a take: by a look, in its place, from its marks; and when it is given up. */
import { describe, expect, it, vi } from 'vitest';
import { tinyMp4 } from '../../src/adapters/memory/index.ts';
import { ASK, ELSEWHERE } from '../../src/core/blocks.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { MAX_MESSAGE, ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import { createOnce } from '../../src/core/marks.ts';
import { paths } from '../../src/core/paths.ts';
import type { Look, Storage, VideoVendor } from '../../src/core/ports.ts';
import { blockOf, type FilmState, FOREIGN, type Take } from '../../src/core/state.ts';
import { unwatchable, watch } from '../../src/core/watch.ts';
import { type Intended, intended, videoId } from '../support/intended.ts';

const PLACE = paths.place(videoId, 1, 1);
const RESULT = `${PLACE}1/sample_0.mp4`;
const video = tinyMp4({ durationMs: 8000 });
const junk = new TextEncoder().encode('no video');
const away = (kind: 'retryable' | 'permanent' = 'retryable') =>
  new ReelstateError(kind, 'Away.', { code: 'vendor-away', cure: 'Wait.', effect: 'none' });

type Answer = Look | (() => Promise<Look>);
interface Changes {
  readonly take?: Partial<Take>;
  readonly vendor?: Partial<VideoVendor>;
  readonly adopting?: boolean;
  readonly model?: Partial<FilmState['model']>;
  readonly storage?: Partial<Storage>;
}

/** A take whose operation is known, and what a look at it answers. */
async function launched(answer: Answer = { status: 'running' }, changes: Changes = {}) {
  const look = vi.fn(async () => (typeof answer === 'function' ? answer() : answer));
  const made = await intended(({ storage, video: { outputs, ...vendor } }) => ({
    storage: { ...storage, ...changes.storage },
    video: {
      ...vendor,
      ...(changes.adopting === false || outputs === undefined ? {} : { outputs }),
      look,
      ...changes.vendor,
    },
  }));
  const take: Take = { ...made.take, operation: 'op', launchedAt: made.take.at, ...changes.take };
  const block = { ...blockOf(made.film, 1), takes: [take] };
  const film: FilmState = {
    ...made.film,
    model: { ...made.film.model, ...changes.model },
    blocks: [block, ...made.film.blocks.slice(1)],
  };
  const see = (context = {}) => watch(film, 1, take, { ...made.context, ...context });
  return { ...made, film, take, look, see };
}

const unlaunched = { operation: undefined, launchedAt: undefined } as unknown as Partial<Take>;
const unknown = (settlesAt: number) => ({ unknownSince: 1, settlesAt });
const of = ({ take }: Pick<Intended, 'take'>) => ({ block: 1, token: take.token });
const due = ({ take }: Pick<Intended, 'take'>, dueAt: unknown = expect.any(Number)) => ({
  type: 'task-due',
  id: 'look:1-1',
  input: take.token,
  dueAt,
});
const ended = (made: Pick<Intended, 'take'>, outcome: object, charge: string) => ({
  type: 'take-ended',
  ...of(made),
  outcome: { at: expect.any(Number), ...outcome },
  charge,
});
const finished = (made: Pick<Intended, 'take'>, changes: object = {}) => ({
  type: 'take-finished',
  ...of(made),
  at: expect.any(Number),
  output: expect.objectContaining({ name: RESULT, durationMs: 8000, size: video.length, hasAudio: true }),
  ...changes,
});

describe('a look that finds the take running', () => {
  it('is followed by another one, not before the vendor wants it', async () => {
    const made = await launched({ status: 'running', retryAfterMs: 3_600_000 });
    expect(await made.see()).toEqual([due(made, made.clock.now() + 3_600_000)]);
    const soon = await launched();
    const [next] = await soon.see();
    expect((next as { dueAt: number }).dueAt - soon.clock.now()).toBeGreaterThan(0);
    expect((next as { dueAt: number }).dueAt - soon.clock.now()).toBeLessThan(60_000);
    expect(soon.look).toHaveBeenCalledWith('op', { outputPlace: soon.storage.uri(PLACE), signal: soon.context.signal });
  });

  const late = (made: Pick<Intended, 'take'>) => ({ type: 'take-late', ...of(made) });
  const LAUNCH_MS = 5_000;
  const times: readonly [string, 'deadlineMs' | 'giveUpMs', number, boolean, (made: Intended) => unknown[]][] = [
    ['before its deadline waits', 'deadlineMs', LAUNCH_MS - 1, false, (made) => [due(made)]],
    [
      'at its deadline, counted from the launch, is late',
      'deadlineMs',
      LAUNCH_MS,
      false,
      (made) => [late(made), due(made)],
    ],
    ['is late once', 'deadlineMs', LAUNCH_MS, true, (made) => [due(made)]],
    ['waits until it is given up', 'giveUpMs', -1, true, (made) => [due(made)]],
    [
      'is given up then, its price unknown',
      'giveUpMs',
      0,
      true,
      (made) => [ended(made, { kind: 'lost', code: 'gave-up' }, 'unknown')],
    ],
  ];
  it.each(times)('%s', async (_, time, moreMs, isLate, expected) => {
    const made = await launched();
    const take = { ...made.take, launchedAt: made.take.at + LAUNCH_MS, late: isLate };
    await made.clock.advance(made.film.model.timing[time] + moreMs);
    expect(await watch(made.film, 1, take, made.context)).toEqual(expected(made));
  });
});

describe('a look that finds an end', () => {
  const foreign = { holder: FOREIGN };
  const failure = (code = 'internal'): Look => ({ status: 'failed', code, message: 'No.' });
  const ends: readonly [string, Look, Changes, object, string][] = [
    [
      'a refusal is free',
      { status: 'refused', message: 'No.', audio: true, supportCodes: [] },
      {},
      { kind: 'refused', code: 'refused', message: 'No.', audio: true },
      'not-charged',
    ],
    [
      'a failure costs what the model’s terms say',
      failure(),
      { model: { failedTakeCharge: 'charged' } },
      { kind: 'failed', code: 'internal' },
      'charged',
    ],
    [
      'a failure costs nobody knows what where they say nothing',
      failure(),
      {},
      { kind: 'failed', code: 'internal' },
      'unknown',
    ],
    [
      'another program’s take without a video here is for a person',
      failure('no-video'),
      { take: foreign },
      { kind: 'failed', code: ELSEWHERE },
      'unknown',
    ],
    [
      'another program’s take elsewhere is for a person',
      failure('foreign-output'),
      { take: foreign },
      { kind: 'failed', code: ELSEWHERE },
      'unknown',
    ],
    [
      'another program’s take may fail like ours',
      failure(),
      { take: foreign },
      { kind: 'failed', code: 'internal' },
      'unknown',
    ],
    ['our take without a video failed', failure('no-video'), {}, { kind: 'failed', code: 'no-video' }, 'unknown'],
    [
      'a result elsewhere is none',
      { status: 'done', output: { uri: 'memory://bucket/other/1.mp4' } },
      {},
      { kind: 'failed', code: 'foreign-output' },
      'unknown',
    ],
  ];
  it.each(ends)('%s', async (_, look, changes, outcome, charge) => {
    const made = await launched(look, {
      ...changes,
      model: { failedTakeCharge: undefined, ...changes.model } as object,
    });
    const [fact, ...rest] = await made.see();
    expect([fact, rest]).toEqual([{ ...ended(made, {}, charge), outcome: expect.objectContaining(outcome) }, []]);
    expect(await made.outcome()).toMatchObject({ ...outcome, charge, operation: 'op', token: made.take.token });
    expect((await made.storage.head(paths.outcome(videoId, 1, 1)))?.metadata).toEqual({ token: made.take.token });
  });

  it('says why in few words and without secrets', async () => {
    const secret = 'AIzaSyD-0123456789abcdefghijklmnopqrstuv';
    const made = await launched({
      status: 'failed',
      code: 'internal',
      message: `key=${secret} ${'why '.repeat(10_000)}`,
    });
    const text = JSON.stringify([await made.see(), await made.outcome()]);
    expect(text).toContain('why why');
    expect(text).not.toContain(secret);
    expect(text.length).toBeLessThan(4 * MAX_MESSAGE);
  });

  it('a result that climbs out of its place is none', async () => {
    const made = await launched();
    const uri = `${made.storage.uri(PLACE)}../1-2/sample_0.mp4`;
    made.look.mockResolvedValue({ status: 'done', output: { uri: uri.replace('1-1/..', '1-1/x/../..') } });
    expect(await made.see()).toMatchObject([{ type: 'take-ended', outcome: { code: 'foreign-output' } }]);
  });

  it.each([[undefined], [123]])('a result in its place is the take, at its price (%s)', async (chargeMicroUsd) => {
    const made = await launched();
    await made.storage.put(RESULT, video, { ifRevision: null });
    const output = { uri: made.storage.uri(RESULT) };
    made.look.mockResolvedValue({ status: 'done', output, ...(chargeMicroUsd ? { chargeMicroUsd } : {}) });
    expect(await made.see()).toEqual([finished(made, chargeMicroUsd ? { microUsd: chargeMicroUsd } : {})]);
  });

  it('a result that is no video was paid for in vain', async () => {
    const made = await launched();
    await made.storage.put(RESULT, junk, { ifRevision: null });
    made.look.mockResolvedValue({ status: 'done', output: { uri: made.storage.uri(RESULT) } });
    expect(await made.see()).toMatchObject([ended(made, { kind: 'failed', code: 'unusable-media' }, 'charged')]);
  });

  it('another program’s result in another film’s folder is for a person', async () => {
    const made = await launched({ status: 'running' }, { take: foreign });
    await made.storage.put('other-film/theirs.mp4', video, { ifRevision: null });
    made.look.mockResolvedValue({ status: 'done', output: { uri: made.storage.uri('other-film/theirs.mp4') } });
    expect(await made.see()).toMatchObject([ended(made, { kind: 'failed', code: ELSEWHERE }, 'unknown')]);
  });

  it('another program’s result may lie anywhere in the film’s folder', async () => {
    const made = await launched({ status: 'running' }, { take: foreign });
    const name = `${videoId}/theirs.mp4`;
    await made.storage.put(name, video, { ifRevision: null });
    made.look.mockResolvedValue({ status: 'done', output: { uri: made.storage.uri(name) } });
    expect(await made.see()).toMatchObject([{ type: 'take-finished', output: { name } }]);
    expect(made.look).toHaveBeenCalledWith('op', { signal: made.context.signal });
  });

  it('counts for nothing where somebody wrote another end first', async () => {
    const made = await launched(failure());
    const first = { kind: 'refused', at: 5, code: 'refused', message: 'No.', audio: true };
    await createOnce(made.storage, paths.outcome(videoId, 1, 1), first, { token: made.take.token });
    expect(await made.see()).toEqual([ended(made, first, 'not-charged')]);
  });
});

describe('a result that cannot be read now', () => {
  it('says nothing about the take, which was paid for', async () => {
    const source = () => sourceOf(video);
    const open = () => {
      throw away();
    };
    const made = await launched(undefined, { storage: { source: () => ({ ...source(), open }) } });
    await made.storage.put(RESULT, video, { ifRevision: null });
    made.look.mockResolvedValue({ status: 'done', output: { uri: made.storage.uri(RESULT) } });
    await expect(made.see()).rejects.toMatchObject({ code: 'vendor-away' });
    expect(await made.outcome()).toBeUndefined();
  });
});

describe('a vendor that keeps its results', () => {
  const done: Look = { status: 'done', output: { uri: 'https://vendor.example/1' } };
  const name = paths.fetched(videoId, 1, 1);
  const keeping = (open = vi.fn(async () => sourceOf(video))) => launched(done, { adopting: false, vendor: { open } });

  it('is asked for the bytes once', async () => {
    const open = vi.fn(async () => sourceOf(video));
    const made = await keeping(open);
    for (let look = 0; look < 2; look += 1)
      expect(await made.see()).toMatchObject([{ type: 'take-finished', output: { name } }]);
    expect(open).toHaveBeenCalledTimes(1);
    expect((await made.storage.head(name))?.metadata).toEqual({ token: made.take.token });
  });

  it('is not believed over what somebody else brought in meanwhile', async () => {
    const made: Awaited<ReturnType<typeof keeping>> = await keeping(
      vi.fn(async () => {
        await made.storage.put(name, video, { ifRevision: null });
        return sourceOf(junk);
      }),
    );
    expect(await made.see()).toMatchObject([{ type: 'take-finished', output: { name } }]);
  });

  it('and does not give them is one without a result', async () => {
    const made = await launched(done, { adopting: false, vendor: { open: undefined } as never });
    expect(await made.see()).toMatchObject([ended(made, { kind: 'failed', code: 'foreign-output' }, 'unknown')]);
  });

  it('is not asked where they were brought in before', async () => {
    const made = await launched(done, { adopting: false, take: { unknownSince: 1, settlesAt: 5 } });
    await made.storage.put(name, video, { ifRevision: null });
    expect(await made.see()).toMatchObject([{ type: 'take-finished', output: { name } }]);
    expect(made.look).not.toHaveBeenCalled();
  });

  it('and whose bytes cannot be fetched now is asked again', async () => {
    const made = await keeping(vi.fn(() => Promise.reject(away())));
    await expect(made.see()).rejects.toMatchObject({ code: 'vendor-away' });
    expect(await made.outcome()).toBeUndefined();
  });
});

describe('a take that the vendor forgot', () => {
  it('is looked for in its place until it has settled', async () => {
    const made = await launched({ status: 'gone' });
    const settlesAt = made.clock.now() + made.film.model.timing.worstMs;
    const fact = { type: 'take-unknown', ...of(made), at: made.clock.now(), settlesAt };
    expect(await made.see()).toEqual([fact, due(made)]);
    await made.storage.put(RESULT, video, { ifRevision: null });
    expect(await made.see()).toEqual([fact, finished(made)]);
  });
});

describe('a take of unknown fate', () => {
  const MINUTE = 60_000;
  const at = Date.UTC(2026, 0, 1);
  it('is looked for in its place, the last time when it settles', async () => {
    const made = await launched(undefined, { take: unknown(at + 1_000) });
    await made.storage.put(RESULT, junk, { ifRevision: null });
    expect(await made.see()).toEqual([due(made, at + 1_000)]);
    expect(made.look).not.toHaveBeenCalled();
    await made.clock.advance(1_000);
    expect(await made.see()).toMatchObject([ended(made, { kind: 'failed', code: 'unusable-media' }, 'charged')]);
  });

  const ends: readonly [string, Changes, 'ask' | 'relaunch' | undefined, string][] = [
    ['is lost where the vendor writes into our place', {}, undefined, 'unknown-take'],
    ['is asked about where nobody can look for it', { adopting: false }, undefined, ASK],
    ['is asked about where the host says so', {}, 'ask', ASK],
    ['is lost where the host says so', { adopting: false }, 'relaunch', 'unknown-take'],
    ['is asked about where another program launched it', { take: { holder: FOREIGN } }, 'relaunch', ASK],
  ];
  it.each(ends)('%s, its price unknown', async (_, changes, onUnknownTake, code) => {
    const made = await launched(undefined, {
      ...changes,
      take: { ...unknown(at + MINUTE), ...changes.take },
    });
    const settings = { ...made.context.settings, ...(onUnknownTake ? { onUnknownTake } : {}) };
    await made.clock.advance(MINUTE - 1);
    expect(await made.see({ settings })).toEqual([due(made, expect.any(Number))]);
    await made.clock.advance(1);
    expect(await made.see({ settings })).toEqual([ended(made, { kind: 'lost', code }, 'unknown')]);
  });
});

describe('an intent whose launch nobody knows of', () => {
  const waiting = () => launched(undefined, { take: unlaunched });
  const intentOf = (made: Intended, token = made.take.token) =>
    createOnce(made.storage, paths.intent(videoId, 1, 1), {}, { token });

  it('is proved not to have been posted by a tombstone, which stands', async () => {
    const made = await waiting();
    for (let look = 0; look < 2; look += 1)
      expect(await made.see()).toEqual([ended(made, { kind: 'released', code: 'tombstone' }, 'not-charged')]);
    const mark = await made.storage.text(paths.intent(videoId, 1, 1));
    const token = made.take.token;
    expect(mark?.object.metadata).toEqual({ token, tombstone: 'true' });
    expect(JSON.parse(mark?.text ?? '')).toEqual({ token, tombstone: true, at: made.clock.now() });
  });

  it('of another database is for a person', async () => {
    const made = await waiting();
    await intentOf(made, 'theirs');
    expect(await made.see()).toEqual([{ type: 'disagreed', reason: expect.stringContaining('take 1 of block 1') }]);
  });

  it('is followed where its operation was written down', async () => {
    const made = await waiting();
    await intentOf(made);
    const token = made.take.token;
    await createOnce(
      made.storage,
      paths.operation(videoId, 1, 1),
      { operation: 'op-9', token, at: made.take.at },
      { token },
    );
    expect(await made.see()).toEqual([
      { type: 'take-launched', ...of(made), operation: 'op-9', at: made.take.at },
      due(made),
    ]);
    expect(made.look).toHaveBeenCalledWith('op-9', expect.anything());
  });

  const marks: readonly [object, string][] = [
    [{ kind: 'refused', at: 5, code: 'refused', message: 'No.', audio: false }, 'not-charged'],
    [{ kind: 'released', at: 5, code: 'window-closed' }, 'not-charged'],
    [{ kind: 'failed', at: 5, charge: 'charged' }, 'charged'],
    [{ kind: 'lost', at: 5 }, 'unknown'],
  ];
  it.each(marks)('has ended as its mark says: %j', async (mark, charge) => {
    const made = await waiting();
    await intentOf(made);
    await createOnce(made.storage, paths.outcome(videoId, 1, 1), { ...mark }, { token: made.take.token });
    const { charge: _, ...outcome } = mark as { charge?: string };
    expect(await made.see()).toEqual([ended(made, outcome, charge)]);
  });

  it('is of unknown fate without a mark, for as long as it could still come', async () => {
    const made = await waiting();
    await intentOf(made);
    const { launchWithinMs, launchTimeoutMs, worstMs } = made.film.model.timing;
    const settlesAt = made.take.at + launchWithinMs + launchTimeoutMs + worstMs;
    const fact = { type: 'take-unknown', ...of(made), at: made.clock.now(), settlesAt };
    expect(await made.see()).toEqual([fact, due(made)]);
    const known = await watch(made.film, 1, { ...made.take, settlesAt: 5 }, made.context);
    expect(known).toEqual([{ ...fact, settlesAt: 5 }, ended(made, { kind: 'lost', code: 'unknown-take' }, 'unknown')]);
  });
});

describe('a hint', () => {
  const hint = { object: RESULT };
  it('is answered from storage where the result is there', async () => {
    const made = await launched();
    await made.storage.put(RESULT, video, { ifRevision: null });
    expect(await made.see({ hint })).toEqual([finished(made)]);
    expect(made.look).not.toHaveBeenCalled();
  });

  it('that is early takes what lies there for no bad take', async () => {
    const made = await launched();
    await made.storage.put(RESULT, junk, { ifRevision: null });
    expect(await made.see({ hint })).toEqual([due(made)]);
    expect(await made.outcome()).toBeUndefined();
  });

  const record = (dueAt: number) => ({ 'look:1-1': { input: 'x', failures: 0, dueAt } });
  it.each([
    ['asks the vendor nothing before its time', 1, hint, 0],
    ['asks the vendor where it is time anyway', 0, hint, 1],
    ['of another take is none of its business', 1, { object: `${videoId}/takes/1-2/1.mp4` }, 1],
  ])('%s', async (_, laterMs, given, looks) => {
    const made = await launched();
    const film = { ...made.film, tasks: record(made.clock.now() + laterMs) };
    const facts = await watch(film, 1, made.take, { ...made.context, hint: given });
    expect([facts.length, made.look.mock.calls.length]).toEqual([looks, looks]);
  });
});

describe('a vendor that does not answer', () => {
  const silent = (changes: Changes = {}) => launched(() => Promise.reject(away()), changes);

  it('may have put its result into its place all the same', async () => {
    const made = await silent();
    await made.storage.put(RESULT, video, { ifRevision: null });
    expect(await made.see()).toEqual([finished(made)]);
  });

  it.each<[string, Changes, object]>([
    ['is told so where the place is empty', {}, { isAway: true }],
    ['is told no more where nothing would be there', { adopting: false }, {}],
    ['is told no more of another program’s take', { take: { holder: FOREIGN } }, {}],
  ])('%s', async (_, changes, details) => {
    const made = await silent(changes);
    const error = (await made.see().catch((caught: unknown) => caught)) as ReelstateError;
    expect(error).toMatchObject({ kind: 'retryable', code: 'vendor-away', cure: 'Wait.', effect: 'none' });
    expect(error.details).toEqual(details);
  });

  const late = { type: 'take-late' };
  const isAway = new ReelstateError('retryable', 'Away.', { code: 'vendor-away', details: { isAway: true } });
  const cases: readonly [string, 'deadlineMs' | 'giveUpMs', number, ReelstateError, Partial<Take>, object[]][] = [
    ['waits before the deadline', 'deadlineMs', -1, isAway, {}, []],
    ['makes the take late at its deadline where its place is empty', 'deadlineMs', 0, isAway, {}, [late]],
    ['does not make it late where nobody saw its place', 'deadlineMs', 0, away(), {}, []],
    [
      'makes it lost at the end',
      'giveUpMs',
      0,
      isAway,
      {},
      [{ type: 'take-ended', outcome: { kind: 'lost', code: 'gave-up' }, charge: 'unknown' }],
    ],
    [
      'for good fails the film that needs the take',
      'deadlineMs',
      -1,
      away('permanent'),
      {},
      [{ type: 'film-failed', error: { code: 'vendor-away' } }],
    ],
    ['for good does not fail a film that does not need it', 'deadlineMs', -1, away('permanent'), { round: 9 }, []],
  ];
  it.each(cases)('%s', async (_, time, moreMs, error, changes, expected) => {
    const { film, take } = await launched(undefined, { take: changes });
    const facts: readonly Fact[] = unwatchable(film, 1, take, take.at + film.model.timing[time] + moreMs, error);
    expect(facts).toMatchObject(expected);
    expect(facts).toHaveLength(expected.length);
    for (const fact of facts) if (fact.type !== 'film-failed') expect(fact).toMatchObject(of({ take }));
  });

  it('for good does not fail a film whose block has another take', async () => {
    const { film, take } = await launched();
    const accepted = { round: 1, take: 2, token: 'x', covers: { fromMs: 0, toMs: 1 }, fixed: false };
    const blocks = [{ ...blockOf(film, 1), accepted }, ...film.blocks.slice(1)];
    expect(unwatchable({ ...film, blocks }, 1, take, take.at, away('permanent'))).toEqual([]);
  });
});
