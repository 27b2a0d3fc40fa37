/** What cannot be done beside functions of another owner: they do not know of it, or would begin again what they did. */
import { badInput, type ReelstateError } from './errors.ts';
import type { Owners } from './foreign.ts';
import type { Command, FilmState } from './state.ts';

const refuse = (message: string, cure: string): ReelstateError => badInput('function-not-owned', message, cure);

/** Throws `function-not-owned` for a film that the functions of others could not make. */
export function checkFilmOwners(film: FilmState, owns: Owners): void {
  if (film.input.approval && !owns.video) {
    throw refuse(
      'The old video function begins with the script, whatever a person says to it.',
      'Take the video function over (owns.video), or create the film without approval.',
    );
  }
  const isOneChain = film.plan.every(({ block, kind }) => block === 1 || kind === 'extend');
  if (!isOneChain && !(owns.monitor && owns.assembler)) {
    throw refuse(
      `A film of ${film.plan.length} blocks in several chains is beyond the old ${owns.monitor ? 'assembler' : 'monitor'}, which knows one video that grows.`,
      'Take monitor and assembler over (owns.monitor, owns.assembler), or ask for a shorter film.',
    );
  }
}

/** Throws `function-not-owned` for a command that needs blocks made again which another program makes. */
export function checkCommandOwners(command: Command, film: FilmState, owns: Owners): void {
  const { type } = command;
  if (type !== 'reroll' && type !== 'pick' && type !== 'revise') return;
  const hasBegun = film.blocks.some((block) => block.takes.length > 0);
  const isMissing = (!owns.monitor && (type !== 'revise' || hasBegun)) || (type === 'revise' && !owns.video);
  if (isMissing) {
    throw refuse(
      `${type}: the blocks of this film are made by the old functions.`,
      'Take video and monitor over (owns.video, owns.monitor), then send it again.',
    );
  }
}
