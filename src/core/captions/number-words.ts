/** How a language says whole numbers from 0 to 999 999 999, without blanks or hyphens between the words that matter to nobody's ear. */
export type NumberSpeaker = (value: number) => readonly string[];

const list = (words: string): readonly string[] => words.split(' ');
const word = (words: readonly string[], index: number): string => words[index] ?? '';

interface Scale {
  readonly hundred: (hundreds: number, rest: number) => string;
  readonly below100: (value: number) => string;
  readonly thousand: (thousands: string, count: number) => string;
  readonly million: (millions: string, count: number) => string;
  /** Between hundreds and the rest, and between thousands and a rest below 100. */
  readonly and?: string;
}

function speaker({ hundred, below100, thousand, million, and = '' }: Scale): (value: number) => string {
  const below1000 = (value: number): string => {
    const hundreds = Math.floor(value / 100);
    const rest = value % 100;
    if (hundreds === 0) return below100(rest);
    return `${hundred(hundreds, rest)}${rest === 0 ? '' : `${and} ${below100(rest)}`}`;
  };
  const say = (value: number): string => {
    if (value < 1000) return below1000(value);
    const unit = value < 1_000_000 ? 1000 : 1_000_000;
    const count = Math.floor(value / unit);
    const rest = value % unit;
    const head = (unit === 1000 ? thousand : million)(say(count), count);
    return rest === 0 ? head : `${head}${rest < 100 ? and : ''} ${say(rest)}`;
  };
  return say;
}

// English
const EN_ONES = list(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
);
const EN_TENS = list('- - twenty thirty forty fifty sixty seventy eighty ninety');
const en100 = (value: number): string =>
  value < 20
    ? word(EN_ONES, value)
    : word(EN_TENS, Math.floor(value / 10)) + (value % 10 === 0 ? '' : ` ${word(EN_ONES, value % 10)}`);
const english = (and: string) =>
  speaker({
    hundred: (hundreds) => `${word(EN_ONES, hundreds)} hundred`,
    below100: en100,
    thousand: (thousands) => `${thousands} thousand`,
    million: (millions) => `${millions} million`,
    and,
  });
const enPlain = english('');
const enAnd = english(' and');

/** Years are said in two halves; a full hundred as that many hundred; 2000s also as a number. */
function enYear(value: number): readonly string[] {
  if (value < 1100 || value > 2099) return [];
  const [century, rest] = [Math.floor(value / 100), value % 100];
  if (rest === 0) return [`${en100(century)} hundred`];
  const tail = rest < 10 ? [`oh ${en100(rest)}`, `o ${en100(rest)}`] : [en100(rest)];
  return tail.map((end) => `${en100(century)} ${end}`);
}

// French
const FR_ONES = list(
  'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf',
);
const FR_TENS = list('- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt');
function fr100(value: number): string {
  if (value < 20) return word(FR_ONES, value);
  const ten = Math.floor(value / 10);
  const rest = ten === 7 || ten === 9 ? (value % 10) + 10 : value % 10;
  if (rest === 0) return ten === 8 ? 'quatre-vingts' : word(FR_TENS, ten);
  const link = (rest === 1 || rest === 11) && ten < 8 ? ' et ' : ' ';
  return `${word(FR_TENS, ten)}${link}${word(FR_ONES, rest)}`;
}
const french = speaker({
  hundred: (hundreds, rest) => (hundreds === 1 ? 'cent' : `${word(FR_ONES, hundreds)} cent${rest === 0 ? 's' : ''}`),
  below100: fr100,
  thousand: (thousands, count) => (count === 1 ? 'mille' : `${thousands} mille`),
  million: (millions, count) => `${millions} million${count === 1 ? '' : 's'}`,
});

// German
const DE_ONES = list(
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
);
const DE_TENS = list('- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig');
const deOne = (value: number) => (value === 1 ? 'ein' : word(DE_ONES, value));
const de100 = (value: number): string => {
  if (value < 20) return word(DE_ONES, value);
  return `${value % 10 === 0 ? '' : `${deOne(value % 10)}und`}${word(DE_TENS, Math.floor(value / 10))}`;
};
const german = speaker({
  hundred: (hundreds) => `${deOne(hundreds)}hundert`,
  below100: de100,
  thousand: (thousands, count) => `${count === 1 ? 'ein' : thousands}tausend`,
  million: (millions, count) => (count === 1 ? 'eine million' : `${millions} millionen`),
});
const deYear = (value: number): readonly string[] =>
  value >= 1100 && value < 2000
    ? [`${de100(Math.floor(value / 100))}hundert${value % 100 === 0 ? '' : de100(value % 100)}`]
    : [];

// Spanish
const ES_ONES = list(
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve',
);
const ES_TENS = list('- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa');
const ES_HUNDREDS = list(
  '- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos',
);
const spanish = speaker({
  hundred: (hundreds, rest) => (hundreds === 1 && rest === 0 ? 'cien' : word(ES_HUNDREDS, hundreds)),
  below100: (value) =>
    value < 30
      ? word(ES_ONES, value)
      : word(ES_TENS, Math.floor(value / 10)) + (value % 10 === 0 ? '' : ` y ${word(ES_ONES, value % 10)}`),
  thousand: (thousands, count) => (count === 1 ? 'mil' : `${thousands} mil`),
  million: (millions, count) => (count === 1 ? 'un millón' : `${millions} millones`),
});

// Italian
const IT_ONES = list(
  'zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
);
const IT_TENS = list('- - venti trenta quaranta cinquanta sessanta settanta ottanta novanta');
function it100(value: number): string {
  if (value < 20) return word(IT_ONES, value);
  const ten = word(IT_TENS, Math.floor(value / 10));
  const rest = value % 10;
  return `${rest === 1 || rest === 8 ? ten.slice(0, -1) : ten}${rest === 0 ? '' : word(IT_ONES, rest)}`;
}
const italian = speaker({
  hundred: (hundreds) => `${hundreds === 1 ? '' : word(IT_ONES, hundreds)}cento`,
  below100: it100,
  thousand: (thousands, count) => (count === 1 ? 'mille' : `${thousands}mila`),
  million: (millions, count) => (count === 1 ? 'un milione' : `${millions} milioni`),
});

// Portuguese
const PT_ONES = list(
  'zero um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove',
);
const PT_TENS = list('- - vinte trinta quarenta cinquenta sessenta setenta oitenta noventa');
const PT_HUNDREDS = list(
  '- cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos',
);
const portuguese = speaker({
  hundred: (hundreds, rest) => (hundreds === 1 && rest === 0 ? 'cem' : word(PT_HUNDREDS, hundreds)),
  below100: (value) =>
    value < 20
      ? word(PT_ONES, value)
      : word(PT_TENS, Math.floor(value / 10)) + (value % 10 === 0 ? '' : ` e ${word(PT_ONES, value % 10)}`),
  thousand: (thousands, count) => (count === 1 ? 'mil' : `${thousands} mil`),
  million: (millions, count) => (count === 1 ? 'um milhão' : `${millions} milhões`),
  and: ' e',
});

/** Readings of a whole number, the likeliest first. */
export const numberSpeakers: Readonly<Record<string, NumberSpeaker>> = {
  en: (value) => [...new Set([enPlain(value), enAnd(value), ...enYear(value)])],
  fr: (value) => [french(value)],
  de: (value) => [german(value), ...deYear(value)],
  es: (value) => [spanish(value)],
  it: (value) => [italian(value)],
  pt: (value) => [portuguese(value)],
};

/** What stands between a number's whole part and its decimals, and what signs are called. */
export interface SignWords {
  readonly point: string;
  readonly decimalSeparator: ',' | '.';
  readonly signs: Readonly<Record<string, readonly string[]>>;
}

const signs = (
  percent: string,
  and: string,
  dollar: string,
  euro: string,
  degrees: string,
): Readonly<Record<string, readonly string[]>> => ({
  '%': percent.split('|'),
  '&': and.split('|'),
  $: dollar.split('|'),
  '€': euro.split('|'),
  '°': degrees.split('|'),
});

export const signWords: Readonly<Record<string, SignWords>> = {
  en: {
    point: 'point',
    decimalSeparator: '.',
    signs: signs('percent|per cent', 'and', 'dollars|dollar', 'euros|euro', 'degrees|degree'),
  },
  fr: {
    point: 'virgule',
    decimalSeparator: ',',
    signs: signs('pour cent', 'et', 'dollars|dollar', 'euros|euro', 'degrés|degré'),
  },
  de: {
    point: 'komma',
    decimalSeparator: ',',
    signs: signs('prozent', 'und', 'dollar', 'euro', 'grad'),
  },
  es: {
    point: 'coma',
    decimalSeparator: ',',
    signs: signs('por ciento', 'y', 'dólares|dólar', 'euros|euro', 'grados|grado'),
  },
  it: {
    point: 'virgola',
    decimalSeparator: ',',
    signs: signs('per cento', 'e', 'dollari|dollaro', 'euro', 'gradi|grado'),
  },
  pt: {
    point: 'vírgula',
    decimalSeparator: ',',
    signs: signs('por cento', 'e', 'dólares|dólar', 'euros|euro', 'graus|grau'),
  },
};
