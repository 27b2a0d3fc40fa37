import { textModels } from './text-models.ts';
import { videoModels } from './video-models.ts';

export {
  defaultTextModel,
  type TextModel,
  type ThinkingBudget,
  type ThinkingLevel,
  type ThinkingLevels,
  type ThinkingStyle,
  type TokenPrice,
  textModel,
  textModels,
} from './text-models.ts';
export { type VideoModelOverride, videoModel, videoModels } from './video-models.ts';

/** What the registry says about a model on a day, for `doctor` and `estimate`. */
export interface ModelNotice {
  /** The model's id. */
  readonly id: string;
  /** `may-be-retired`: the announced date has come. */
  readonly status: 'current' | 'retiring' | 'may-be-retired' | 'unknown';
  /** One sentence for a person. */
  readonly message: string;
  /** The id that follows it. */
  readonly successor?: string;
  /** ISO date of the registry's facts. */
  readonly asOf?: string;
}

/** Whether a model is still there on a day (ISO date), by the registry alone: nobody is asked. */
export function modelNotice(id: string, day: string): ModelNotice {
  const model = [...videoModels, ...textModels].find((entry) => entry.id === id);
  if (!model) return { id, status: 'unknown', message: `${id} is not in the registry.` };
  const { asOf, retiresOn, successor } = model;
  const known = { id, asOf, ...(successor === undefined ? {} : { successor }) };
  if (retiresOn === undefined)
    return { ...known, status: 'current', message: `${id} has no retirement date (as of ${asOf}).` };
  const next = successor === undefined ? '' : ` Its successor is ${successor}.`;
  return retiresOn <= day
    ? { ...known, status: 'may-be-retired', message: `${id} may be gone since ${retiresOn}.${next}` }
    : { ...known, status: 'retiring', message: `${id} may be gone from ${retiresOn} on.${next}` };
}
