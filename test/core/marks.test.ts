/** Marks in the bucket: written once, and the proof that a state is older than they are. */
import { describe, expect, it, vi } from 'vitest';
import { memoryStorage } from '../../src/adapters/memory/index.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import {
  createOnce,
  disagreementOf,
  insist,
  isBehind,
  type Marks,
  readMarks,
  writeFilmMark,
} from '../../src/core/marks.ts';
import { paths } from '../../src/core/paths.ts';
import type { Storage } from '../../src/core/ports.ts';
import type { FilmState } from '../../src/core/state.ts';
import { intended, videoId } from '../support/intended.ts';

const taken = () => new ReelstateError('permanent', 'Taken.', { code: 'precondition-failed' });
const down = () => new ReelstateError('retryable', 'Down.', { code: 'storage-unavailable' });

describe('a mark', () => {
  it('is written once: whoever comes later reads what the first one said', async () => {
    const storage = memoryStorage();
    const first = await createOnce(storage, 'film/mark.json', { said: 1 }, { token: 'a' });
    const second = await createOnce(storage, 'film/mark.json', { said: 2 }, { token: 'b' });
    expect(first).toEqual({ created: true, value: { said: 1 }, metadata: { token: 'a' } });
    expect(second).toEqual({ created: false, value: { said: 1 }, metadata: { token: 'a' } });
    const there = await storage.text('film/mark.json');
    expect([there?.text, there?.object.contentType]).toEqual(['{\n  "said": 1\n}\n', 'application/json']);
  });

  it.each<[string, ReelstateError]>([
    ['was there and is gone', taken()],
    ['cannot be written', down()],
  ])('that %s is no mark', async (_, error) => {
    const storage: Storage = { ...memoryStorage(), put: () => Promise.reject(error) };
    await expect(createOnce(storage, 'film/mark.json', 1, {})).rejects.toBe(error);
  });

  it.each<[string, unknown, number]>([
    ['a bucket that is down', down(), 3],
    ['a bucket that says no', taken(), 1],
    ['a defect', new Error('Oops.'), 1],
  ])('is insisted on against %s', async (_, error, tries) => {
    const write = vi.fn(() => Promise.reject(error));
    await expect(insist(write)).rejects.toBe(error);
    expect(write).toHaveBeenCalledTimes(tries);
    expect(await insist(vi.fn(async () => 'done').mockRejectedValueOnce(down()))).toBe('done');
  });
});

describe('a state and its marks', () => {
  /** A film with one intent, one command and its `film.json`. */
  async function marked() {
    const made = await intended();
    await createOnce(made.storage, paths.intent(videoId, 1, 1), {}, { token: made.take.token });
    await made.storage.put(`${paths.place(videoId, 1, 1)}1/sample_0.mp4`, 'x', { ifRevision: null });
    return { ...made, marks: await readMarks(made.storage, videoId) };
  }
  type Made = Awaited<ReturnType<typeof marked>>;

  it('agree as they are', async () => {
    const { film, marks, take } = await marked();
    expect(marks.takes).toEqual([{ block: 1, take: 1, token: take.token }]);
    expect(marks.film?.commands).toHaveLength(1);
    expect([disagreementOf(film, marks), isBehind(film, marks)]).toEqual([undefined, false]);
    expect(disagreementOf(film, { takes: [], film: undefined })).toBeUndefined();
    const second = { ...take, take: 2, token: 'second' };
    const blocks = film.blocks.map((block, index) => (index === 0 ? { ...block, takes: [take, second] } : block));
    const both = { ...marks, takes: [...marks.takes, { block: 1, take: 2, token: 'second' }] };
    expect(disagreementOf({ ...film, blocks }, both)).toBeUndefined();
  });

  const withTake = ({ marks }: Made, changes: Partial<Marks['takes'][number]>): Marks => ({
    ...marks,
    takes: [...marks.takes, { block: 1, take: 1, token: 'other', ...changes }],
  });
  const withBlock = ({ marks }: Made, changes: object): Marks => ({
    ...marks,
    film: marks.film && {
      ...marks.film,
      blocks: marks.film.blocks.map((block, index) => (index === 1 ? { ...block, ...changes } : block)),
    },
  });
  const older: readonly [string, (made: Made) => Marks, RegExp][] = [
    ['another token for a take', (made) => withTake(made, {}), /take 1 of block 1/],
    ['one take more', (made) => withTake(made, { take: 2 }), /take 2 of block 1/],
    ['a take of another block', (made) => withTake(made, { block: 2 }), /take 1 of block 2/],
    ['a take of a block that is not there', (made) => withTake(made, { block: 9 }), /take 1 of block 9/],
    [
      'a command more',
      ({ marks }) => ({
        ...marks,
        film: marks.film && {
          ...marks.film,
          commands: [...marks.film.commands, { id: 'new', at: 1, command: { type: 'pause' } }],
        },
      }),
      /command \(new\)/,
    ],
    ['a later round', (made) => withBlock(made, { round: 2 }), /round 2 of block 2/],
  ];
  it.each(older)('disagree where the marks have %s', async (_, marksOf, reason) => {
    const made = await marked();
    expect(disagreementOf(made.film, marksOf(made))).toMatch(reason);
  });

  const text = { dialogue: 'Softer.', visual: 'Softer.' };
  const changed = (film: FilmState, changes: object): FilmState => ({
    ...film,
    blocks: film.blocks.map((block, index) => (index === 1 ? { ...block, ...changes } : block)),
  });
  const behind: readonly [string, (made: Made) => [FilmState, Marks], boolean][] = [
    ['no film.json', ({ film }) => [film, { takes: [], film: undefined }], true],
    [
      'a command less',
      ({ film, marks }) => [film, { ...marks, film: marks.film && { ...marks.film, commands: [] } }],
      true,
    ],
    ['an earlier round', ({ film, marks }) => [changed(film, { round: 2 }), marks], true],
    ['a softened text less', ({ film, marks }) => [changed(film, { rewrites: [text] }), marks], true],
    ['a softened text more', (made) => [made.film, withBlock(made, { rewrites: [text] })], false],
    [
      'a block less',
      ({ film, marks }) => [
        film,
        { ...marks, film: marks.film && { ...marks.film, blocks: marks.film.blocks.slice(0, 1) } },
      ],
      true,
    ],
  ];
  it.each(behind)('where the bucket has %s: whether film.json is written again', async (_, given, expected) => {
    const [film, marks] = given(await marked());
    expect(isBehind(film, marks)).toBe(expected);
  });
});

describe('film.json', () => {
  it('holds everything that no other mark tells, and nothing else', async () => {
    const { film, storage, engine } = await intended();
    await writeFilmMark(storage, engine.films, videoId);
    const mark = JSON.parse((await storage.text(paths.film(videoId)))?.text ?? '') as Record<string, unknown>;
    const { schema, createdAt, input, inputHash, model, maxAttempts, steps, plan, estimateMicroUsd, capMicroUsd } =
      film;
    const { approved, script, revision, cancelled, commands } = film;
    const blocks = film.blocks.map(({ accepted: _, takes: __, ...block }) => block);
    const told = { approved, script, revision, cancelled, commands, blocks };
    const { gateMs } = film;
    expect(mark).toEqual(
      JSON.parse(
        JSON.stringify({
          schema,
          videoId,
          createdAt,
          input,
          inputHash,
          model,
          maxAttempts,
          gateMs,
          steps,
          plan,
          estimateMicroUsd,
          capMicroUsd,
          ...told,
        }),
      ),
    );
  });

  it('that says the same is not written again', async () => {
    const { storage, engine } = await intended();
    const put = vi.fn(storage.put);
    await writeFilmMark({ ...storage, put }, engine.films, videoId);
    expect(put).not.toHaveBeenCalled();
  });

  it('that somebody else writes meanwhile is read and written again', async () => {
    const { storage, engine, tell } = await intended();
    await tell({ type: 'command', record: { id: 'new', at: 1, command: { type: 'pause' } } });
    const put = vi.fn(storage.put).mockImplementationOnce(async (name, ...rest) => {
      const there = await storage.text(name);
      await storage.put(name, there?.text ?? '', { ifRevision: there?.object.revision ?? null });
      return storage.put(name, ...rest);
    });
    await writeFilmMark({ ...storage, put }, engine.films, videoId);
    expect(put).toHaveBeenCalledTimes(2);
    expect((await readMarks(storage, videoId)).film?.commands.map(({ id }) => id)).toContain('new');
    await expect(
      writeFilmMark(
        { ...storage, text: async () => undefined, put: () => Promise.reject(down()) },
        engine.films,
        videoId,
      ),
    ).rejects.toMatchObject({ code: 'storage-unavailable' });
  });

  it('that knows more than the state stops the film', async () => {
    const { storage, engine } = await intended();
    const there = await storage.text(paths.film(videoId));
    const mark = JSON.parse(there?.text ?? '') as { commands: object[] };
    mark.commands.push({ id: 'lost', at: 1, command: { type: 'pause' } });
    await storage.put(paths.film(videoId), JSON.stringify(mark), { ifRevision: there?.object.revision ?? null });
    await expect(writeFilmMark(storage, engine.films, videoId)).rejects.toMatchObject({
      code: 'rebuild-needed',
      cure: expect.stringContaining('rebuild'),
    });
    expect((await engine.films.load(videoId)).film.disagreement).toContain('lost');
  });
});
