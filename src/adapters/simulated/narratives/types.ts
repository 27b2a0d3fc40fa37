/** Sentences of which a little film about anything can be told. `{theme}` is what it is about. */
export interface Narrative {
  /** First sentences for a theme that is a question, and for one that is not. */
  readonly question: readonly string[];
  readonly topic: readonly string[];
  /** The development, in order; any may be left out. */
  readonly develop: readonly string[];
  /** Goes on where the development is used up. */
  readonly again: string;
  readonly payoff: readonly string[];
}
