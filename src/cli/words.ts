/** Numbers and names for people. */
export const money = (usd: number): string => `$${usd.toFixed(2)}`;

/** A sum that somebody has to agree to: never rounded down. */
export const moneyToAllow = (usd: number): string => (Math.ceil(usd * 100 - 1e-6) / 100).toFixed(2);

/** A cap, rounded up like what has to be agreed to. */
export const cap = (usd: number): string => `$${moneyToAllow(usd)}`;

/** Minutes and seconds of a length or of an elapsed time. */
export function minutes(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
