export { toAss } from './ass.ts';
export type { AssOptions } from './ass-events.ts';
export { assText } from './ass-text.ts';
export { type LayoutOptions, layoutCues } from './cues.ts';
export { shippedFontCovers, shippedFontFamily, textWidth } from './font.ts';
export { isKnownLanguage, isRightToLeft, scriptsIn } from './script.ts';
export { speakable } from './speakable.ts';
export { type CaptionPreset, canvasOf, captionPresets, captionStyle, defaultPreset, safeZoneOf } from './style.ts';
export { joinWords, toSrt, toVtt, toWordJson } from './subtitles.ts';
export { cleanText, renderableText, renderableWords, withoutEmoji } from './text.ts';
export type {
  CaptionMotion,
  CaptionOptions,
  CaptionPlatform,
  CaptionPosition,
  CaptionStyle,
  CaptionWord,
  Cue,
  SafeZone,
  WordSource,
} from './types.ts';
export { type AlignedWords, type AlignRequest, alignWords, MIN_AGREEMENT, type SpokenBlock } from './words.ts';
