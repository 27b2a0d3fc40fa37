import type { FilmIndex, SaveState, StateStore } from '../../core/ports.ts';

export type StateCases = Readonly<Record<string, (store: StateStore) => Promise<void>>>;

export const conflict = { kind: 'retryable', code: 'state-conflict', effect: 'none' } as const;
export const index: FilmIndex = { status: 'running', metadata: {}, createdAt: 1_000 };

/** A save with everything that a case does not care about. */
export const saving = (videoId: string, ifRevision: string | null, more: Partial<SaveState> = {}): SaveState => ({
  videoId,
  ifRevision,
  state: { videoId },
  wakes: {},
  index,
  ...more,
});
