import { type WhisperOptions, whisper } from '../../src/adapters/openai/index.ts';
import type { Source } from '../../src/core/ports.ts';

export const apiKey = 'sk-canary0123456789';

export const whisperOn = (server: { readonly baseURL: string }, options: WhisperOptions = {}) =>
  whisper({ apiKey, baseURL: server.baseURL, retryDelayMs: 1, ...options });

/** Bytes as a source that counts how often it is opened. */
export function sourceOf(bytes: Uint8Array): Source & { readonly opened: number } {
  let opened = 0;
  return {
    size: bytes.length,
    get opened() {
      return opened;
    },
    open: ({ start = 0, end = bytes.length } = {}) => {
      opened += 1;
      return new Blob([new Uint8Array(bytes.subarray(start, end))]).stream();
    },
  };
}

export const audio = () => sourceOf(new TextEncoder().encode('fLaC and some audio'));
export const call = { language: 'fr', durationMs: 8000 } as const;
