/** A body whose every line is its number: a torn or mixed one shows. */
export const bodyOf = (count: number): string => `${String(count).padStart(12, '0')}\n`.repeat(2000);
