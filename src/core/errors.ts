import { foreignName, redact, withoutSecrets } from './redact.ts';

/** What a failure means for the caller. It is what gets persisted, so it is a string and not a class. */
export type ErrorKind = 'retryable' | 'throttled' | 'refused' | 'permanent' | 'cancelled';

/** Whether the failed call may have had its effect: `none` is proof that it had not, `unknown` is all else. */
export type ErrorEffect = 'none' | 'unknown';

/** What an error carries besides kind and message. */
export interface ErrorOptions {
  /** kebab-case, with a heading of its own in `docs/errors.md`. */
  readonly code: string;
  /** One sentence that says what to do. */
  readonly cure?: string;
  /** What was thrown below; never printed by loggers that spread errors. */
  readonly cause?: unknown;
  /** Milliseconds that the other side asked us to wait. */
  readonly retryAfterMs?: number;
  /** @default 'unknown' for retryable and cancelled errors, 'none' for the others */
  readonly effect?: ErrorEffect;
  /** JSON that belongs to this error: support codes, the full counter's key, the missing glyphs. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error as it is kept in a film's state. */
export interface ErrorRecord {
  /** What the failure means for the caller. */
  readonly kind: ErrorKind;
  /** kebab-case, with a heading of its own in `docs/errors.md`. */
  readonly code: string;
  /** One sentence for people; never a vendor's body. */
  readonly message: string;
  /** One sentence that says what to do. */
  readonly cure?: string;
}

const brand = Symbol.for('reelstate.error');
/** Longest text of an error that is kept, characters. */
export const MAX_MESSAGE = 500;

/** The one error class of reelstate. Recognise it with `ReelstateError.is`, which survives duplicate installs. */
export class ReelstateError extends Error {
  /** Always `ReelstateError`. */
  override readonly name = 'ReelstateError';
  /** What the failure means for the caller. */
  readonly kind: ErrorKind;
  /** kebab-case, with a heading of its own in `docs/errors.md`. */
  readonly code: string;
  /** One sentence that says what to do. */
  readonly cure: string | undefined;
  /** Milliseconds that the other side asked us to wait. */
  readonly retryAfterMs: number | undefined;
  /** Whether the failed call may have had its effect. */
  readonly effect: ErrorEffect;
  /** JSON that belongs to this error. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions) {
    super(message);
    this.kind = kind;
    this.code = options.code;
    this.cure = options.cure;
    this.retryAfterMs = options.retryAfterMs;
    this.effect = options.effect ?? (kind === 'retryable' || kind === 'cancelled' ? 'unknown' : 'none');
    this.details = options.details ?? {};
    // Not enumerable, so that a logger which spreads errors does not print the cause; a copy, because clients hang requests on their errors.
    const cause = withoutSecrets(options.cause);
    Object.defineProperty(this, 'cause', { value: cause, enumerable: false, configurable: true });
    Object.defineProperty(this, brand, { value: true });
  }

  /** Recognises an error of any installed copy of reelstate. */
  static is(error: unknown): error is ReelstateError {
    return typeof error === 'object' && error !== null && brand in error;
  }

  /**
   * Anything thrown as a ReelstateError: an abort is `cancelled`, the unknown is `retryable` with unknown effect. What a foreign error says
   * stays in the cause: its text may hold anything, and messages are kept in states and shown to people.
   */
  static from(error: unknown, code = 'unexpected'): ReelstateError {
    if (ReelstateError.is(error)) return error;
    const aborted = error instanceof Error && error.name === 'AbortError';
    const message = aborted ? 'The work was aborted.' : `Nobody foresaw this error: ${foreignName(error)}.`;
    return new ReelstateError(aborted ? 'cancelled' : 'retryable', message, {
      code: aborted ? 'aborted' : code,
      cause: error,
    });
  }

  /** The error as it is kept in a film's state. */
  toRecord(): ErrorRecord {
    const record = { kind: this.kind, code: this.code, message: redact(this.message).slice(0, MAX_MESSAGE) };
    return this.cure === undefined ? record : { ...record, cure: redact(this.cure).slice(0, MAX_MESSAGE) };
  }
}

/** A mistake of the host or of the person: it never becomes part of a film's state. */
export const badInput = (code: string, message: string, cure: string): ReelstateError =>
  new ReelstateError('permanent', message, { code, cure });
