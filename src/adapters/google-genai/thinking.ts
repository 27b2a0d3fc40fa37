import type { ThinkingLevel as SdkThinkingLevel, ThinkingConfig } from '@google/genai';
import type { ThinkingLevel, ThinkingStyle } from './text-models.ts';

const order: readonly ThinkingLevel[] = ['minimal', 'low', 'medium', 'high'];
const budgets: Readonly<Record<ThinkingLevel, number>> = { minimal: 0, low: 1024, medium: 8192, high: 24_576 };

/**
 * The thinking setting in the words of the model's generation: Gemini up to 2.5 takes a budget in tokens, 3 and later a level. A wish
 * that the model lacks becomes the nearest one that it has.
 */
export function thinkingConfig(wish: ThinkingLevel | number, style: ThinkingStyle): ThinkingConfig {
  if (style.by === 'budget') {
    const tokens = typeof wish === 'number' ? wish : budgets[wish];
    // -1 lets the model decide.
    return { thinkingBudget: tokens < 0 ? -1 : Math.min(style.max, Math.max(style.min, Math.round(tokens))) };
  }
  const wanted = order.indexOf(typeof wish === 'number' ? levelOf(wish) : wish);
  const level = style.levels.find((each) => order.indexOf(each) >= wanted) ?? style.levels.at(-1) ?? 'low';
  // The SDK's enum has the upper-case words as its values; importing it would load the SDK.
  return { thinkingLevel: level.toUpperCase() as SdkThinkingLevel };
}

function levelOf(tokens: number): ThinkingLevel {
  if (tokens < 0) return 'high';
  return order.find((level) => tokens <= budgets[level]) ?? 'high';
}
