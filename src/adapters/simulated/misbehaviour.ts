/** How the simulated vendors can be made to behave like real ones on a bad day. */

/** What one launch and its operation do instead of making a video. */
export type VideoFault =
  /** Turned down by the prompt filter: nothing starts. */
  | { readonly type: 'refused-at-launch' }
  /** The operation ends in the safety filter; `audio` where only the sound was refused. Free. */
  | { readonly type: 'refused'; readonly audio?: boolean }
  /** The operation ends with this gRPC code: 8, 13, 14 … */
  | { readonly type: 'failed'; readonly code: number }
  /** Done, without a video, an error or a filter count. */
  | { readonly type: 'without-video' }
  /** HTTP 429, with or without a time to wait. */
  | { readonly type: 'throttled'; readonly retryAfterMs?: number }
  /** HTTP 429 of a project whose quota is 0. */
  | { readonly type: 'quota-zero' }
  /** HTTP 404: the model is no longer served. */
  | { readonly type: 'retired' }
  /** HTTP 503, nothing started; the caller cannot know that. */
  | { readonly type: 'unavailable' }
  /** The connection never came about. */
  | { readonly type: 'not-connected' }
  /** The operation exists and is paid, but the answer with its name is lost. */
  | { readonly type: 'response-lost' }
  | { readonly type: 'never-done' }
  /** Ready this much later, milliseconds as they pass (not scaled). */
  | { readonly type: 'late'; readonly byMs: number }
  /** The video is delivered when it is ready, but the operation is not known any more. */
  | { readonly type: 'gone' }
  /** What lies at the output place is not a whole video. */
  | { readonly type: 'zero-bytes' | 'truncated' | 'html' }
  /** A whole video, but a lying one: landscape for portrait, or two seconds short. */
  | { readonly type: 'wrong-aspect' | 'wrong-duration' }
  /** The video lies below the output place twice, as `sample_0.mp4` and `sample_1.mp4`. */
  | { readonly type: 'duplicate-output' }
  /** `open` gives the bytes this slowly, milliseconds per 64 KiB. */
  | { readonly type: 'slow-body'; readonly delayMs: number };

/** What the journal keeps of it. */
export type Outcome = { readonly type: 'video' } | VideoFault;

/** What a rule may look at. */
export interface LaunchFacts {
  /** 1-based, over all launches in the folder, rejected ones included. */
  readonly number: number;
  /** The film's id. */
  readonly film: string | undefined;
  /** 1-based. */
  readonly block: number | undefined;
  /** 1-based within its block. */
  readonly take: number | undefined;
  /** What is to be said. */
  readonly dialogue: string;
  /** Whether it continues a video. */
  readonly extends: boolean;
}

/** What a rule may ask of a call of the language model. */
export interface LanguageFacts {
  /** 1-based, over all calls in the folder. */
  readonly number: number;
  /** What was asked for. */
  readonly task: string;
}

/** How a language model's answer goes wrong. */
export type LanguageFault =
  | 'too-few-blocks'
  | 'too-many-blocks'
  | 'markdown-fences'
  | 'quotes'
  | 'empty-dialogue'
  | 'long-dialogue'
  | 'invalid-json'
  | 'throttled'
  | 'refused'
  | 'unavailable';

/** The number of the call, several numbers, or a predicate over what is known of it. */
export type When<Facts> = number | readonly number[] | ((facts: Facts) => boolean);

/** A fault, and the calls that it happens to. */
export interface Rule<Facts, Fault> {
  /** Which calls. @default all */
  readonly when: When<Facts>;
  /** What goes wrong. */
  readonly fault: Fault;
}

/** What goes wrong, per vendor; the first rule that fits wins. */
export interface Misbehaviour {
  /** Of the language model. */
  readonly llm?: readonly Rule<LanguageFacts, LanguageFault>[];
  /** Of the video vendor. */
  readonly video?: readonly Rule<LaunchFacts, VideoFault>[];
}

/** The fault of the first rule that applies. */
export function faultFor<Facts extends { readonly number: number }, Fault>(
  rules: readonly Rule<Facts, Fault>[] | undefined,
  facts: Facts,
): Fault | undefined {
  return rules?.find(({ when }) => {
    if (typeof when === 'function') return when(facts);
    return typeof when === 'number' ? when === facts.number : when.includes(facts.number);
  })?.fault;
}
