import * as mediaCaptions from 'media-captions';

interface ParsedText {
  readonly cues: readonly { readonly startTime: number; readonly endTime: number; readonly text: string }[];
  readonly errors: readonly unknown[];
}

/** The player's parser; its own declarations lack the file extensions that Node's resolution wants. */
export const { parseText } = mediaCaptions as unknown as {
  parseText(
    text: string,
    options: { readonly type: 'srt' | 'vtt'; readonly strict?: boolean; readonly errors?: boolean },
  ): Promise<ParsedText>;
};
