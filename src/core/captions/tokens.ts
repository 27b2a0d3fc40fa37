import { baseLanguage, isUnspaced } from './script.ts';
import { cleanText, normalise } from './text.ts';

/** One word of a text as it is written, with the punctuation that belongs to it. */
export interface Token {
  readonly text: string;
  /** Letters and digits only, lower case; never empty. */
  readonly bare: string;
  readonly joined: boolean;
}

/** Brackets, quotation marks and signs that go with the word after them. */
const OPENS = /^[\p{Ps}\p{Pi}¿¡"'#@$€£¥₹₽+~*-]+$/u;

interface Piece {
  readonly text: string;
  readonly joined: boolean;
}

function pieces(text: string, language: string): readonly Piece[] {
  const runs = cleanText(text)
    .split(' ')
    .filter((run) => run !== '');
  if (!isUnspaced(language)) return runs.map((run) => ({ text: run, joined: false }));
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  return runs.flatMap((run) =>
    [...segmenter.segment(run)].map(({ segment }, index) => ({ text: segment, joined: index > 0 })),
  );
}

const continuesNumber = (before: string, { text, joined }: Piece): boolean =>
  !joined && /^\D*\d{1,3}(?: \d{3})*$/u.test(before) && /^\d{3}(?!\d)/u.test(text);

/** A text's words in order. `80 000` is one. What has no letter or digit (punctuation, a dash, an emoji) goes with the word that it stands at. */
export function tokenise(text: string, language: string): readonly Token[] {
  const tokens: Token[] = [];
  const grouped = baseLanguage(language) !== 'en';
  let waiting: Piece | undefined;
  for (const piece of pieces(text, language)) {
    const bare = normalise(piece.text);
    const last = tokens.at(-1);
    if (last !== undefined && waiting === undefined && grouped && continuesNumber(last.text, piece)) {
      tokens[tokens.length - 1] = { ...last, text: `${last.text} ${piece.text}`, bare: last.bare + bare };
      continue;
    }
    if (bare !== '') {
      const head = waiting === undefined ? '' : `${waiting.text}${piece.joined ? '' : ' '}`;
      tokens.push({ text: head + piece.text, bare, joined: waiting?.joined ?? piece.joined });
      waiting = undefined;
    } else if (last === undefined || OPENS.test(piece.text) || waiting !== undefined) {
      waiting =
        waiting === undefined
          ? piece
          : { text: `${waiting.text}${piece.joined ? '' : ' '}${piece.text}`, joined: waiting.joined };
    } else {
      tokens[tokens.length - 1] = { ...last, text: `${last.text}${piece.joined ? '' : ' '}${piece.text}` };
    }
  }
  const last = tokens.at(-1);
  if (waiting !== undefined && last !== undefined)
    tokens[tokens.length - 1] = { ...last, text: `${last.text}${waiting.joined ? '' : ' '}${waiting.text}` };
  return tokens;
}
