import type { AspectRatio } from '../ports.ts';

/** How a caption's word came by its text and its time. */
export type WordSource = 'aligned' | 'interpolated' | 'heard';

/** One word to be shown, punctuation included. Milliseconds from the start of the film, `startMs < endMs`. */
export interface CaptionWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /**
   * `aligned`: the script's text at the time of the heard word that it matches. `interpolated`: the script's text, heard by nobody, timed
   * by its neighbours. `heard`: said, but not in the script.
   */
  readonly source: WordSource;
  /** 1-based block of the script that the word belongs to. */
  readonly block: number;
  /** 0 to 1. */
  readonly confidence?: number;
  /**
   * Where `confidence` is from: the transcriber's own figure for the word, its figure for the segment, or only how well heard and written
   * word agree.
   */
  readonly confidenceSource?: 'vendor' | 'segment' | 'agreement';
  /** True where no blank stands between the word before and this one (Chinese, Japanese, Thai). */
  readonly joined?: true;
}

/** What is on screen at once: one or two lines of words. On the film's frame grid, never overlapping the next cue. */
export interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly lines: readonly (readonly CaptionWord[])[];
}

/** Whose buttons and texts the captions keep clear of; `universal` is clear of all three. */
export type CaptionPlatform = 'universal' | 'tiktok' | 'reels' | 'shorts';

/** Where in the safe zone the captions stand. */
export type CaptionPosition = 'lower' | 'middle' | 'upper';

/** How a cue's words move. */
export type CaptionMotion =
  /** The cue appears and stays. */
  | 'still'
  /** The word being said has `activeColour`. */
  | 'active'
  /** A marker of `activeColour` lies behind the word being said. */
  | 'marker'
  /** `activeColour` sweeps over the words as they are said. */
  | 'sweep'
  /** The cue grows to its size in a tenth of a second. */
  | 'pop'
  /** The whole cue changes to `activeColour` after 35 % of its time. */
  | 'flip';

/** What a person may change in a preset. Lengths are pixels of a canvas whose short side is 1080. */
export interface CaptionOptions {
  /** Font family; any but the one that ships must be installed where the film is cut. */
  readonly font: string;
  /** Height of a line's box as libass counts it; capitals are about half as high. 24 to 240. */
  readonly fontSize: number;
  readonly case: 'as-written' | 'upper';
  /** `#RRGGBB` or `#RRGGBBAA`, as all colours here. */
  readonly colour: string;
  readonly activeColour: string;
  readonly outlineColour: string;
  /** 0 to 20. */
  readonly outline: number;
  /** Radius of a soft dark shadow, 0 to 40. */
  readonly shadow: number;
  /** A box of this colour behind the lines; null for none. */
  readonly boxColour: string | null;
  readonly position: CaptionPosition;
  readonly platform: CaptionPlatform;
  readonly maxLines: 1 | 2;
  /** Words at once, 1 to 20. */
  readonly maxWords: number;
}

/** A preset with its overrides, checked: plain data that `layoutCues` and `toAss` take. */
export interface CaptionStyle extends CaptionOptions {
  readonly preset: string;
  readonly motion: CaptionMotion;
  /** Longest time that a cue stays, milliseconds. */
  readonly maxCueMs: number;
}

/** Pixels that the platform's interface covers, on the canvas of `canvasOf`. */
export interface SafeZone {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export type { AspectRatio };
