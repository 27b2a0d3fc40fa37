export type { GoogleOptions } from './client.ts';
export { type GeminiOptions, gemini } from './gemini.ts';
export {
  defaultTextModel,
  type ModelNotice,
  modelNotice,
  type TextModel,
  type ThinkingBudget,
  type ThinkingLevel,
  type ThinkingLevels,
  type ThinkingStyle,
  type TokenPrice,
  textModels,
  type VideoModelOverride,
  videoModel,
  videoModels,
} from './models.ts';
export { type Omni, type OmniOptions, omni } from './omni.ts';
export { type LookOptions, type Veo, type VeoOptions, veo } from './veo.ts';
export type { VeoSettings } from './veo-launch.ts';
