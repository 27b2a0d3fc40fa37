/** The phases of a film at which a process of this release may have died. */
import type { FakeAnswer, FakeOutcome, ManualClock } from '../../src/adapters/memory/index.ts';
import { rebuild } from '../../src/admin/index.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { CreateInput } from '../../src/core/input.ts';
import type { Pipeline, PipelineOptions } from '../../src/core/pipeline.ts';
import type { Inspection, Media, StateStore, Storage } from '../../src/core/ports.ts';
import type { FilmState, Take } from '../../src/core/state.ts';
import type { Film } from '../../src/core/view.ts';

interface Surroundings {
  readonly clock: ManualClock;
  readonly storage: Storage;
  readonly state: StateStore;
}

export interface Scenario {
  readonly name: string;
  readonly input: CreateInput & { readonly videoId: string };
  readonly outcomes?: readonly FakeOutcome[];
  readonly answers?: readonly FakeAnswer[];
  readonly adopting?: boolean;
  readonly options?: Partial<PipelineOptions>;
  readonly media?: () => Partial<Media>;
  /** The first save after which this holds is the moment; with `afterLaunch` the first launch after which it does. */
  readonly when: (film: FilmState) => boolean;
  readonly afterLaunch?: boolean;
  /** What happens to the film on the way there, after each step of it. */
  readonly meanwhile?: (film: Film, films: Pipeline, surroundings: Surroundings) => Promise<void>;
  /** What a person does about a film that rests; false: nothing, it is at its end. */
  readonly respond?: (film: Film, films: Pipeline, surroundings: Surroundings) => Promise<boolean>;
}

const take = (film: FilmState, block = 1, number = 1): Take | undefined =>
  film.blocks[block - 1]?.takes.find((candidate) => candidate.take === number);
const needs =
  (code: string) =>
  (film: FilmState): boolean =>
    film.needsInput?.code === code;
const done =
  (task: string) =>
  (film: FilmState): boolean =>
    film.tasks[task]?.done !== undefined;
const published = (film: FilmState, name: string): boolean => film.published[`${film.videoId}/${name}`] !== undefined;
const input = (name: string, changes: Partial<CreateInput> = {}): Scenario['input'] => ({
  videoId: `upgrade-${name}`,
  theme: 'Why is the sky blue?',
  durationSeconds: 15,
  owner: 'owner-1',
  metadata: { kind: 'upgrade' },
  ...changes,
});

/** Answers one reason with one command, once. */
const answer =
  (code: string, send: (film: Film & { readonly status: 'needs-input' }, films: Pipeline) => Promise<unknown>) =>
  async (film: Film, films: Pipeline): Promise<boolean> => {
    if (film.status !== 'needs-input' || film.reason.code !== code) return false;
    await send(film, films);
    return true;
  };

const resumed = (code: string, maxUsd?: number) =>
  answer(code, (film, films) =>
    films.send(film.videoId, maxUsd === undefined ? { type: 'resume' } : { type: 'resume', maxUsd }),
  );

const fine: Inspection = { hasAudio: true, black: [], frozen: [], silent: [] };
const refusedScript = new ReelstateError('refused', 'The theme was refused.', { code: 'prompt-refused' });

const scenario = (
  name: string,
  when: Scenario['when'],
  rest: Omit<Scenario, 'name' | 'when' | 'input'> & { readonly input?: Partial<CreateInput> } = {},
): Scenario => ({ ...rest, name, when, input: input(name, rest.input) });

export const scenarios: readonly Scenario[] = [
  scenario('created', () => true),
  scenario('script-written', (film) => film.script !== undefined && !published(film, 'script_v2.json')),
  scenario('script-of-ones-own', (film) => published(film, 'script_v2.json'), {
    input: {
      script: {
        title: 'Sky',
        blocks: [
          { dialogue: 'The sky is blue.', visual: 'A sky.', continuity: 'Noon.' },
          { dialogue: 'So it seems.', visual: 'A sea.' },
        ],
      },
    },
  }),
  scenario('approval', needs('approval'), {
    input: { approval: true },
    respond: answer('approval', async (film, films) => {
      await films.send(film.videoId, { type: 'approve', scriptHash: film.reason.scriptHash ?? '' });
    }),
  }),
  scenario('intended', (film) => take(film) !== undefined),
  scenario('posted', (film) => take(film) !== undefined, { afterLaunch: true }),
  scenario('launched', (film) => take(film)?.operation !== undefined),
  scenario('unknown', (film) => take(film)?.unknownSince !== undefined, { outcomes: ['lost-answer'] }),
  scenario('late', (film) => take(film)?.late === true, {
    outcomes: ['running'],
    input: { maxUsd: 5 },
  }),
  scenario('finished-while-paused', (film) => film.paused && take(film)?.output !== undefined, {
    meanwhile: async (film, films) => {
      if (film.status === 'waiting' && film.blocks[0]?.takes[0]?.status === 'launched')
        await films.send(film.videoId, { type: 'pause' });
    },
    respond: resumed('paused'),
  }),
  scenario('accepted-not-fixed', (film) => film.blocks[0]?.accepted?.fixed === false),
  scenario('between-blocks', (film) => film.blocks[0]?.accepted?.fixed === true && take(film, 2) === undefined, {
    options: { checks: true },
  }),
  scenario('second-block-launched', (film) => take(film, 2)?.operation !== undefined),
  scenario('words-heard', done('words:1')),
  scenario('captions-done', (film) => done('captions')(film) && !done('cut')(film)),
  scenario('last-frame-cut', done('frame:4'), { input: { durationSeconds: 37 } }),
  scenario('independent-blocks', (film) => film.blocks.every(({ takes }) => takes.length > 0), {
    input: { chaining: 'independent', durationSeconds: 24, captions: false },
  }),
  scenario('throttled', (film) => film.tasks['launch:1']?.waitingFor === 'throttled', { outcomes: ['throttled'] }),
  scenario('failed-once', (film) => take(film)?.outcome?.kind === 'failed', { outcomes: ['failed'] }),
  scenario('softened', (film) => film.blocks[0]?.rewrites.length === 1, {
    outcomes: ['refused'],
    answers: [
      {
        blocks: [
          { dialogue: 'The sky is grim.', visual: 'A storm.' },
          { dialogue: 'Then it clears.', visual: 'A calm sky.' },
        ],
      },
      { dialogue: 'The sky is grey.', visual: 'A cloud.' },
    ],
  }),
  scenario('rerolled', (film) => film.blocks[1]?.round === 2 && take(film, 2, 2)?.operation !== undefined, {
    respond: async (film, films) => {
      if (film.status !== 'completed' || film.blocks[1]?.round !== 1) return false;
      await films.send(film.videoId, { type: 'reroll', block: 2, maxUsd: 2 });
      return true;
    },
  }),
  scenario('completed', (film) => film.status === 'completed'),
  scenario('partial', (film) => film.status === 'completed' && film.finish !== undefined, {
    outcomes: ['done', 'refused', 'refused', 'refused'],
    respond: answer('refused', (film, films) => films.send(film.videoId, { type: 'finish' })),
  }),
  scenario('failed', (film) => film.status === 'failed', {
    outcomes: ['failed', 'failed', 'failed', 'failed'],
    input: { maxUsd: 20 },
    respond: async (film, films) => {
      if (film.status !== 'failed') return false;
      await films.send(film.videoId, { type: 'resume' });
      return true;
    },
  }),
  scenario('cancelled', (film) => film.status === 'cancelled' && take(film)?.outcome === undefined, {
    meanwhile: async (film, films) => {
      if (film.status === 'waiting' && film.blocks[0]?.takes[0]?.status === 'launched')
        await films.send(film.videoId, { type: 'cancel' });
    },
  }),
  scenario('needs-input-refused', needs('refused'), {
    outcomes: ['refused'],
    respond: answer('refused', (film, films) =>
      films.send(film.videoId, { type: 'revise', blocks: [{ block: 1, dialogue: 'The sky is kind.' }], maxUsd: 5 }),
    ),
  }),
  scenario('needs-input-unknown-take', needs('unknown-take'), {
    outcomes: ['lost-answer'],
    adopting: false,
    input: { maxUsd: 5, durationSeconds: 8 },
    respond: resumed('unknown-take'),
  }),
  scenario('needs-input-budget', needs('budget'), { input: { maxUsd: 0.5 }, respond: resumed('budget', 5) }),
  scenario('needs-input-gave-up', needs('gave-up'), { answers: [refusedScript], respond: resumed('gave-up') }),
  scenario('needs-input-check', needs('check'), {
    media: () => ({ inspect: async () => ({ ...fine, hasAudio: false }) }),
    respond: resumed('check'),
  }),
  scenario('needs-input-rebuild', needs('rebuild'), {
    meanwhile: async (film, _films, { state }) => {
      // A backup from before the launch comes back.
      const stored = await state.load(film.videoId);
      const old = stored?.state as unknown as FilmState;
      if (stored === undefined || film.status !== 'waiting' || old.blocks[0]?.takes[0]?.operation === undefined) return;
      const blocks = old.blocks.map((block) => ({ ...block, takes: [] }));
      const older = JSON.parse(JSON.stringify({ ...old, blocks, tasks: {} }));
      const index = { status: 'running', metadata: {}, createdAt: old.createdAt };
      const wakes = { video: 0, monitor: 0 };
      await state.save({ videoId: film.videoId, ifRevision: stored.revision, state: older, wakes, index });
    },
    respond: answer('rebuild', async (film, films) => {
      // A rebuilt film says `rebuild` too, and then takes resume.
      if (!film.commands.includes('resume')) await rebuild(films, film.videoId);
      await films.send(film.videoId, { type: 'resume' });
    }),
  }),
];
