/** Published names: what stands there is replaced only where it is known to be ours. */
import { describe, expect, it, vi } from 'vitest';
import type { Fact } from '../../src/core/facts.ts';
import { foreignTake } from '../../src/core/foreign.ts';
import { createOnce } from '../../src/core/marks.ts';
import { paths } from '../../src/core/paths.ts';
import { isPublished, publish, publishText } from '../../src/core/publish.ts';
import { blockOf, type FilmState } from '../../src/core/state.ts';
import { type Intended, intended, videoId } from '../support/intended.ts';

const name = paths.block(videoId, 1);
const ours = 'our-token';

/** Something stands at the name already; `known` is what the state says of it. */
async function standing(metadata: Record<string, string> | undefined, isKnown = false) {
  const made = await intended();
  await createOnce(made.storage, paths.intent(videoId, 1, 1), {}, { token: made.take.token });
  const object = metadata && (await made.storage.put(name, 'old', { ifRevision: null, metadata }));
  const published = isKnown && object ? { [name]: { revision: object.revision, token: 'old' } } : {};
  const film: FilmState = { ...made.film, published };
  const write = vi.fn((ifRevision: string | null) =>
    made.storage.put(name, 'new', { ifRevision, metadata: { token: ours } }),
  );
  const isWanted = vi.fn(() => true);
  const run = (changes: object = {}) => publish(film, { name, token: ours, write, isWanted, ...changes }, made.context);
  const text = async () => (await made.storage.text(name))?.text;
  return { ...made, film, write, isWanted, object, run, text };
}
const published = (revision: unknown = expect.any(String)) => [{ type: 'published', name, revision, token: ours }];

describe('a name', () => {
  it.each<[string, Record<string, string> | undefined, boolean, (string | null)[]]>([
    ['that is free is taken', undefined, false, [null]],
    ['that we wrote is replaced under that very revision', { token: 'old' }, true, [expect.any(String) as never]],
    [
      'that an older state of this film wrote is replaced',
      { token: 'old' },
      false,
      [null, expect.any(String) as never],
    ],
  ])('%s', async (_, metadata, isKnown, revisions) => {
    const made = await standing(metadata, isKnown);
    expect(await made.run()).toEqual(published());
    expect(made.write.mock.calls.map(([revision]) => revision)).toEqual(revisions);
    expect(await made.text()).toBe('new');
  });

  it('that has this very content already is left as it is', async () => {
    const made = await standing({ token: ours });
    expect(await made.run()).toEqual(published(made.object?.revision));
    expect(await made.text()).toBe('old');
  });

  it('that somebody else wrote is left, and a person is asked', async () => {
    const made = await standing({});
    expect(await made.run()).toEqual([{ type: 'disagreed', reason: expect.stringContaining(name) }]);
    expect(await made.text()).toBe('old');
  });

  const theirs: readonly [string, (made: Pick<Intended, 'tell' | 'film'>) => Promise<unknown>, object][] = [
    ['people may share', async () => undefined, { isShared: true }],
    [
      'another program had before a person let ours go on',
      ({ tell, film }) => {
        const take = foreignTake(film, blockOf(film, 1), 'op', 0);
        return tell({ type: 'take-intended', block: 1, take } satisfies Fact);
      },
      {},
    ],
  ];
  it.each(theirs)('that %s is replaced', async (_, prepare, changes) => {
    const made = await standing({});
    await prepare(made);
    expect(await made.run(changes)).toEqual(published());
    expect(await made.text()).toBe('new');
  });

  it('is left to newer content', async () => {
    const made = await standing({ token: 'newer' });
    made.isWanted.mockReturnValue(false);
    expect(await made.run()).toEqual([]);
    expect(await made.text()).toBe('old');
  });

  it('is left where the marks know more than the state', async () => {
    const made = await standing({ token: 'old' });
    await createOnce(made.storage, paths.intent(videoId, 1, 2), {}, { token: 'lost' });
    expect(await made.run()).toEqual([{ type: 'disagreed', reason: expect.stringContaining('take 2 of block 1') }]);
    expect(await made.text()).toBe('old');
  });

  it('that is removed meanwhile is taken', async () => {
    const made = await standing({ token: 'old' }, true);
    await made.storage.remove(name, { ifRevision: made.object?.revision ?? '' });
    expect(await made.run()).toEqual(published());
    expect(made.write.mock.calls.at(-1)).toEqual([null]);
  });

  it('that is known to have this very content is not written again', async () => {
    const made = await standing({ token: ours }, true);
    const film = { ...made.film, published: { [name]: { revision: made.object?.revision ?? '', token: ours } } };
    const again = () => publish(film, { name, token: ours, write: made.write, isWanted: made.isWanted }, made.context);
    expect(await again()).toEqual(published(made.object?.revision));
    expect(made.write).not.toHaveBeenCalled();
    await made.storage.remove(name);
    expect(await again()).toEqual(published());
    expect(await made.text()).toBe('new');
  });

  it('that cannot be written is no name', async () => {
    const made = await standing(undefined);
    const error = new Error('Down.');
    made.write.mockRejectedValue(error);
    await expect(made.run()).rejects.toBe(error);
  });
});

describe('a small text', () => {
  it.each([
    [true, 'published'],
    [undefined, 'disagreed'],
  ] as const)(
    'says of what it was made and, where it is shared (%s), takes the place of a person’s',
    async (isShared, type) => {
      const made = await standing({});
      const text = { name, token: ours, body: 'new', contentType: 'text/plain', ...(isShared ? { isShared } : {}) };
      const facts = await publishText(made.film, text, () => true, made.context);
      expect(facts.map((fact) => fact.type)).toEqual([type]);
      const object = await made.storage.head(name);
      if (isShared) expect(object).toMatchObject({ contentType: 'text/plain', metadata: { token: ours } });
    },
  );

  it('is published when its very content is', async () => {
    const { film } = await standing({ token: 'old' }, true);
    expect([isPublished(film, name, 'old'), isPublished(film, name, ours), isPublished(film, 'x', 'old')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
