import { badInput } from './errors.ts';

// Cloud Storage allows 1,024 bytes. A file name may have 255, and a local folder keeps some of them for its own notes.
const MAX_NAME_BYTES = 1024;
const MAX_SEGMENT_BYTES = 180;
const utf8 = new TextEncoder();

const refuse = (why: string) =>
  badInput(
    'bad-object-name',
    `An object name ${why}.`,
    'Use a relative path of plain segments, like "film-id/takes/1-1/intent.json".',
  );

/**
 * The same name, or an error: the rules that hold on every storage at once, so that a name which works in a test works in a
 * bucket and can never leave a folder.
 * @throws ReelstateError `permanent` `bad-object-name`
 */
export function checkObjectName(name: string): string {
  if (typeof name !== 'string' || name === '') throw refuse('is not a non-empty string');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw refuse('is absolute');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(name)) throw refuse('has a control character or a backslash');
  if (isLonger(name, MAX_NAME_BYTES)) throw refuse(`is longer than ${MAX_NAME_BYTES} bytes`);
  for (const segment of name.split('/')) checkSegment(segment);
  return name;
}

function checkSegment(segment: string): void {
  if (segment === '') throw refuse('has an empty segment');
  if (segment === '.' || segment === '..') throw refuse(`has a segment "${segment}"`);
  if (segment.toLowerCase() === '.reelstate') throw refuse('has the reserved segment ".reelstate"');
  if (isLonger(segment, MAX_SEGMENT_BYTES)) throw refuse(`has a segment of over ${MAX_SEGMENT_BYTES} bytes`);
}

/** A character of a string takes 3 bytes at most, so that a short one need not be encoded. */
const isLonger = (text: string, bytes: number): boolean => text.length * 3 > bytes && utf8.encode(text).length > bytes;

/**
 * The same prefix (of names, not a folder: it may end within a segment), or an error.
 * @throws ReelstateError `permanent` `bad-object-name`
 */
export function checkPrefix(prefix: string): string {
  if (prefix !== '') checkObjectName(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  return prefix;
}
