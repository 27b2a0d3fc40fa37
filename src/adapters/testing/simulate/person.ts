/** Whoever ordered the film: asks for it, sends its commands in turn, answers its questions, and repeats what was not answered. */
import { ReelstateError } from '../../../core/errors.ts';
import type { Pipeline } from '../../../core/pipeline.ts';
import type { Command, FilmState } from '../../../core/state.ts';
import type { Journal } from './journal.ts';
import type { Scenario } from './scenario.ts';
import type { Process, World } from './world.ts';

const RETRY_MS = 3_000;
const MAX_ANSWERS = 24;

interface Wish {
  readonly id: string;
  readonly command: Command;
}

export interface Person {
  /** One life of the program that the person uses; another one follows when it dies. */
  live(process: Process, pipeline: Pipeline): Promise<void>;
  /** The state changed. */
  notice(film: FilmState): void;
  /** True where the person has nothing to say to the film as it is. */
  isContent(film: FilmState): boolean;
  /** The program that the person used is gone for good; another one begins with what the person remembers. */
  forget(): void;
  /** Commands that were turned down, by their code. */
  readonly turnedDown: readonly string[];
}

export function createPerson(world: World, videoId: string, scenario: Scenario, journal: () => Journal): Person {
  const { actions = [], answers = {} } = scenario;
  const turnedDown: string[] = [];
  let [created, sent, answered] = [false, 0, 0];
  let wake: ((film: FilmState) => void) | undefined;
  let underWay: Wish | undefined;

  const wish = (film: FilmState): Wish | undefined => {
    if (underWay) return underWay;
    const action = actions[sent];
    if (action?.when(film)) return { id: `action-${sent + 1}`, command: action.command(film) };
    const code = film.status === 'failed' ? 'failed' : film.needsInput?.code;
    const answer = code === undefined || answered >= MAX_ANSWERS ? undefined : answers[code];
    return answer && { id: `answer-${answered + 1}`, command: answer(film) };
  };

  const notice = (film: FilmState): void => {
    if (wish(film)) wake?.(film);
  };

  const nextWish = async (process: Process): Promise<Wish> => {
    for (;;) {
      const film = journal().present(videoId)?.film;
      const found = film && wish(film);
      if (found) return found;
      await new Promise<void>((resolve) => {
        wake = () => {
          wake = undefined;
          world.after(500, () => process.deliver(resolve));
        };
      });
    }
  };

  /** Until it is answered, or turned down for good. */
  const insist = async (process: Process, act: () => Promise<unknown>): Promise<void> => {
    for (;;) {
      try {
        await act();
        return;
      } catch (error) {
        if (ReelstateError.is(error) && error.kind === 'permanent') {
          turnedDown.push(error.code);
          return;
        }
        await process.clock.sleep(RETRY_MS);
      }
    }
  };

  return {
    turnedDown,
    notice,
    forget: () => {
      wake = undefined;
    },
    isContent: (film) => created && wish(film) === undefined,
    live: async (process, pipeline) => {
      if (!created) await insist(process, () => pipeline.create({ ...scenario.input, videoId }));
      created = true;
      for (;;) {
        const next = await nextWish(process);
        underWay = next;
        await insist(process, () => pipeline.send(videoId, next.command, { id: next.id }));
        underWay = undefined;
        if (next.id.startsWith('action')) sent += 1;
        else answered += 1;
      }
    },
  };
}
