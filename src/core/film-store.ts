/** A film's state behind compare-and-swap: load, change by facts, save, again on a conflict. */
import type { Settings } from './context.ts';
import { ReelstateError } from './errors.ts';
import type { Fact, Fence } from './evolve.ts';
import { foreignFacts, type Owners } from './foreign.ts';
import type { JsonObject } from './json.ts';
import { counterChanges } from './ledger.ts';
import { remember } from './looks.ts';
import { advanceState, type Step, wakesOf } from './machine.ts';
import { disagreementOf, type Marks, readMarks } from './marks.ts';
import type { CounterChange, Ports, Role, SaveState } from './ports.ts';
import { type FilmState, isFinal, SCHEMA } from './state.ts';
import { type Moment, momentOf, type StoreTime, storeTimeAtLeast } from './store-time.ts';

const MAX_CONFLICTS = 100;
const CONFLICT_PAUSE_MS = 20;

export interface StoredFilm {
  /** As stored, with what other programs wrote since taken in. */
  readonly film: FilmState;
  /** As stored. */
  readonly persisted: FilmState;
  readonly revision: string;
  readonly time: StoreTime;
}

export interface Updated extends StoredFilm {
  readonly saved: boolean;
  /** Just before the save was sent. */
  readonly sentAt: Moment;
}

export interface FilmStore {
  /** Throws `film-not-found`, `state-newer`, `state-corrupt`. */
  load(videoId: string): Promise<StoredFilm>;
  find(videoId: string): Promise<StoredFilm | undefined>;
  create(film: FilmState, ifRevision?: string | null): Promise<void>;
  /**
   * Puts a rebuilt film in the place of what the database had, as it was read before the marks were. `counted`: what shared counters hold of it,
   * where nobody can read what was stored. Throws `state-conflict` where that changed since.
   */
  replace(
    film: FilmState,
    stored: { readonly revision: string; readonly persisted?: FilmState } | undefined,
    counted?: FilmState,
  ): Promise<void>;
  /**
   * Applies the facts that `change` finds in the present state; none, and nothing foreign: nothing is saved. Throws `counter-full`, and what the store throws.
   */
  update(
    videoId: string,
    change: (film: FilmState, now: number) => readonly Fact[],
    options?: {
      readonly fence?: Fence | undefined;
      readonly known?: StoredFilm | undefined;
      /** Whether the limits of shared counters hold for this save. @default true */
      readonly isLimited?: boolean;
    },
  ): Promise<Updated>;
}

function parseFilm(videoId: string, state: JsonObject): FilmState {
  const film = state as unknown as FilmState;
  if (typeof film.schema === 'number' && film.schema > SCHEMA) {
    throw new ReelstateError('permanent', `Film ${videoId} was written by a newer version (schema ${film.schema}).`, {
      code: 'state-newer',
      cure: 'Update reelstate on this host; nothing was changed.',
    });
  }
  if (film.schema !== SCHEMA || film.videoId !== videoId || !Array.isArray(film.blocks)) {
    throw new ReelstateError('permanent', `The stored state of film ${videoId} cannot be read.`, {
      code: 'state-corrupt',
      cure: 'Restore the database, or rebuild the film from its bucket (reelstate/admin).',
    });
  }
  return film;
}

/** How often a film is looked at that waits for other programs: their writes wake nobody here, ms. */
const OTHERS_LOOK_MS = 15_000;
const ROLES: readonly Role[] = ['monitor', 'assembler', 'video', 'script'];

/** Wakes of functions that other programs do are ours to look whether they have done them. */
function wakesFor(wakes: SaveState['wakes'], owns: Owners, now: number): SaveState['wakes'] {
  const theirs = ROLES.filter((role) => wakes[role] !== undefined && !owns[role]);
  const looker = ROLES.find((role) => owns[role]);
  if (theirs.length === 0 || looker === undefined) return wakes;
  const ours = Object.fromEntries(Object.entries(wakes).filter(([role]) => owns[role as Role]));
  return { ...ours, [looker]: Math.min(wakes[looker] ?? Number.POSITIVE_INFINITY, now + OTHERS_LOOK_MS) };
}

/** The same changes where no limit may stop them. */
const unlimited = (changes: readonly CounterChange[]): readonly CounterChange[] =>
  changes.filter(({ add }) => add !== 0).map(({ key, add }) => ({ key, add }));

export function createFilmStore(ports: Ports, settings: Settings, steps: readonly Step[]): FilmStore {
  const { state, clock } = ports;

  async function find(videoId: string): Promise<StoredFilm | undefined> {
    const asked = momentOf(clock);
    const stored = await state.load(videoId);
    if (stored === undefined) return undefined;
    const answered = momentOf(clock);
    const now = stored.now ?? answered.wall;
    const time: StoreTime = { at: now, asked, answered };
    const persisted = parseFilm(videoId, stored.state);
    const facts = stored.foreign ? foreignFacts(persisted, stored.foreign, settings.owns, now) : [];
    const film = facts.length === 0 ? persisted : advanceState(persisted, facts, { steps, now });
    return { film, persisted, revision: stored.revision, time };
  }

  async function load(videoId: string): Promise<StoredFilm> {
    const stored = await find(videoId);
    if (stored) return stored;
    throw new ReelstateError('permanent', `There is no film ${videoId}.`, {
      code: 'film-not-found',
      cure: 'Check the id; list shows the films of this store.',
    });
  }

  function request(
    before: FilmState | undefined,
    film: FilmState,
    ifRevision: string | null,
    isLimited = true,
  ): SaveState {
    const { owner, metadata } = film.input;
    const { owns } = settings;
    return {
      videoId: film.videoId,
      ifRevision,
      state: film as unknown as JsonObject,
      wakes: wakesFor(wakesOf(film, steps), owns, film.updatedAt),
      beside: { owns, place: ports.storage.uri(`${film.videoId}/`) },
      index: { status: film.status, metadata, createdAt: film.createdAt, ...(owner === undefined ? {} : { owner }) },
      counters: isLimited
        ? counterChanges(before, film, settings.limits)
        : unlimited(counterChanges(before, film, settings.limits)),
    };
  }

  async function afterConflict(conflicts: number): Promise<void> {
    if (conflicts >= MAX_CONFLICTS) {
      throw new ReelstateError('retryable', `Too many others write this film at once (${conflicts} conflicts).`, {
        code: 'state-conflict',
        effect: 'none',
      });
    }
    if (conflicts > 2) await clock.sleep(clock.random() * CONFLICT_PAUSE_MS * Math.min(conflicts, 20));
  }

  const update: FilmStore['update'] = async (videoId, change, { fence, known, isLimited = true } = {}) => {
    let present = known;
    let marks: Marks | undefined;
    for (let conflicts = 0; ; ) {
      const stored: StoredFilm = present ?? (await load(videoId));
      present = undefined;
      const now = storeTimeAtLeast(stored.time, clock);
      const facts = change(stored.film, now);
      const sentAt = momentOf(clock);
      if (facts.length === 0 && stored.film === stored.persisted) return { ...stored, saved: false, sentAt };
      let film = advanceState(stored.film, facts, { steps, now, fence });
      if (isFinal(film) && !isFinal(stored.persisted)) {
        if (marks === undefined) {
          // The marks are read first and the state after them, so that what they say of an older state cannot be missed.
          marks = await readMarks(ports.storage, videoId);
          continue;
        }
        const reason = disagreementOf(stored.film, marks);
        if (reason) film = advanceState(stored.film, [...facts, { type: 'disagreed', reason }], { steps, now, fence });
      }
      try {
        const { revision } = await state.save(request(stored.persisted, film, stored.revision, isLimited));
        if (film.status === 'completed' && stored.persisted.status !== 'completed') await remember(state, film);
        return { film, persisted: film, revision, time: stored.time, saved: true, sentAt };
      } catch (error) {
        if (!ReelstateError.is(error) || error.code !== 'state-conflict') throw error;
        conflicts += 1;
        await afterConflict(conflicts);
      }
    }
  };

  return {
    find,
    load,
    update,
    async create(film, ifRevision = null) {
      await state.save(request(undefined, film, ifRevision));
    },
    async replace(film, stored, counted) {
      const before = stored?.persisted;
      // The bucket has no marks of small calls; what is known of them stays spent. No limit may stop a rebuild.
      const whole = before === undefined ? film : { ...film, calls: before.calls };
      await state.save(request(counted ?? before, whole, stored?.revision ?? null, false));
    },
  };
}
