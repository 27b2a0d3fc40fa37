/**
 * Films whose words are known: what was written, what was said and how it may be heard. `said` is in the script's own spelling, one blank
 * between words (Chinese and Japanese: between the words that times are known for).
 */
export interface CaptionCase {
  readonly name: string;
  readonly language: string;
  /** Dialogue of each block. */
  readonly script: readonly string[];
  /** What the film says in each block, where it is not the script. */
  readonly said?: readonly string[];
  /** Words that the transcriber writes in its own way: said (punctuation off, lower case) to heard. */
  readonly heardAs?: Readonly<Record<string, string>>;
  /** Music or silence that the transcriber puts into words after the last block. */
  readonly hallucinated?: string;
  /** Said words that the transcriber misses: the n-th of the film. */
  readonly missed?: readonly number[];
}

const plain: readonly CaptionCase[] = [
  {
    name: 'story',
    language: 'en',
    script: [
      'Why is the sky blue? Sunlight looks white, but it carries every colour of the rainbow.',
      'When it meets the air, tiny molecules scatter the short blue waves far more than the red ones.',
      'So wherever you look, blue light reaches your eyes. And at sunset, only the red is left.',
    ],
  },
  {
    name: 'story',
    language: 'fr',
    script: [
      'Pourquoi le ciel est-il bleu ? La lumière du soleil paraît blanche, mais elle porte toutes les couleurs.',
      "Lorsqu'elle traverse l'air, de minuscules molécules dispersent les ondes bleues bien plus que les rouges.",
      "Voilà pourquoi, où que l'on regarde, le bleu nous entoure. Et le soir, il ne reste que le rouge.",
    ],
  },
  {
    name: 'story',
    language: 'de',
    script: [
      'Warum ist der Himmel blau? Sonnenlicht sieht weiß aus, doch es trägt alle Farben in sich.',
      'Trifft es auf die Luft, streuen winzige Moleküle die kurzen blauen Wellen viel stärker als die roten.',
      'Darum kommt von überall her blaues Licht zu uns. Und abends bleibt nur noch das Rot übrig.',
    ],
  },
  {
    name: 'story',
    language: 'es',
    script: [
      '¿Por qué el cielo es azul? La luz del sol parece blanca, pero lleva todos los colores.',
      'Cuando atraviesa el aire, las moléculas dispersan las ondas azules mucho más que las rojas.',
      'Por eso, mires donde mires, te llega luz azul. Y al atardecer solo queda el rojo.',
    ],
  },
  {
    name: 'story',
    language: 'it',
    script: [
      'Perché il cielo è blu? La luce del sole sembra bianca, ma porta con sé tutti i colori.',
      "Quando attraversa l'aria, minuscole molecole diffondono le onde blu molto più di quelle rosse.",
      'Ecco perché, ovunque guardi, ti arriva luce blu. E al tramonto resta soltanto il rosso.',
    ],
  },
  {
    name: 'story',
    language: 'pt',
    script: [
      'Por que o céu é azul? A luz do sol parece branca, mas carrega todas as cores.',
      'Quando atravessa o ar, pequenas moléculas espalham as ondas azuis muito mais que as vermelhas.',
      'Por isso, para onde quer que você olhe, chega luz azul. E ao entardecer só resta o vermelho.',
    ],
  },
];

const numbers: readonly CaptionCase[] = [
  {
    name: 'numbers written as digits',
    language: 'en',
    script: ['In 1969, about 800 million people watched 2 men walk on the Moon, 384,400 km away.'],
    heardAs: {
      '1969': 'nineteen sixty nine',
      '800': 'eight hundred',
      '2': 'two',
      '384400': 'three hundred eighty four thousand four hundred',
      km: 'kilometers',
    },
  },
  {
    name: 'numbers written as words',
    language: 'en',
    script: ['Eight hundred people paid twenty-five dollars each, and ninety percent of them came back.'],
    heardAs: { eight: '800', hundred: '', twentyfive: '$25', dollars: '', ninety: '90%', percent: '' },
  },
  {
    name: 'numbers written as digits',
    language: 'fr',
    script: ['En 1789, 80 000 personnes marchaient déjà depuis 21 jours vers la capitale.'],
    heardAs: { '1789': 'mille sept cent quatre-vingt-neuf', '80000': 'quatre-vingt mille', '21': 'vingt et un' },
  },
  {
    name: 'numbers written as digits',
    language: 'de',
    script: ['Im Jahr 1989 fielen nach 28 Jahren 155 Kilometer Mauer in einer einzigen Nacht.'],
    heardAs: { '1989': 'neunzehnhundertneunundachtzig', '28': 'achtundzwanzig', '155': 'hundertfünfundfünfzig' },
  },
  {
    name: 'numbers written as digits',
    language: 'es',
    script: ['En 1492, 3 barcos y 90 hombres cruzaron el océano durante 36 días sin ver tierra.'],
    heardAs: { '1492': 'mil cuatrocientos noventa y dos', '3': 'tres', '90': 'noventa', '36': 'treinta y seis' },
  },
  {
    name: 'numbers written as digits',
    language: 'it',
    script: ['Nel 1861 nacque un paese di 22 milioni di persone e 8 lingue diverse.'],
    heardAs: { '1861': 'milleottocentosessantuno', '22': 'ventidue', '8': 'otto' },
  },
  {
    name: 'numbers written as digits',
    language: 'pt',
    script: ['Em 1500, 13 navios e 1200 homens chegaram a uma praia que ninguém conhecia.'],
    heardAs: { '1500': 'mil quinhentos', '13': 'treze', '1200': 'mil e duzentos' },
  },
];

const spellings: readonly CaptionCase[] = [
  {
    name: 'misheard names',
    language: 'en',
    script: [
      'Aoife met Nguyen under Eyjafjallajökull, and Siobhan wrote it all down for Xochitl.',
      'They had walked since midnight, and the ground was still warm under their boots.',
    ],
    heardAs: {
      aoife: 'Eva',
      nguyen: 'when',
      eyjafjallajökull: 'a fiat lay ocul',
      siobhan: 'Shavon',
      xochitl: 'so cheat',
    },
  },
  {
    name: 'misheard names',
    language: 'de',
    script: ['Herr Szymański und Frau Brzęczyszczykiewicz trafen Jörn Huÿsmans vor dem Rathaus von Wrocław.'],
    heardAs: {
      szymański: 'Schimanski',
      brzęczyszczykiewicz: 'Bschentschischtschikewitsch',
      jörn: 'Jan',
      huÿsmans: 'Heusmans',
      wrocław: 'Wroslaw',
    },
  },
  {
    name: 'contractions written short',
    language: 'en',
    script: ["I'm sure we'll see it, because it's there and they don't know what they've got. Let's go!"],
    heardAs: { im: 'I am', well: 'we will', its: 'it is', dont: 'do not', theyve: 'they have', lets: 'let us' },
  },
  {
    name: 'contractions written out',
    language: 'en',
    script: ['I am going to tell you what I will not do: I can not leave, and you are not alone.'],
    heardAs: { going: 'gonna', to: '', will: "won't", can: "can't", you: "you're", are: '' },
  },
  {
    name: 'elisions',
    language: 'fr',
    script: ["T'es là ? J'arrive, c'est l'heure où l'ombre s'étend jusqu'à la mer."],
    heardAs: { tes: 'tu es', jarrive: 'je arrive', lheure: "l' heure", lombre: "l' ombre", sétend: "s' étend" },
  },
  {
    name: 'elisions',
    language: 'de',
    script: ["Geht's dir gut? Wir gehen heute zum See, und wenn's regnet, bleiben wir im Haus."],
    heardAs: { gehts: 'geht es', zum: 'zu dem', wenns: 'wenn es', im: 'in dem' },
  },
];

const otherwise: readonly CaptionCase[] = [
  {
    name: 'repeated lines',
    language: 'en',
    script: [
      'Row, row, row your boat, gently down the stream.',
      'Merrily, merrily, merrily, merrily, life is but a dream.',
      'Row, row, row your boat, gently down the stream.',
    ],
  },
  {
    name: 'repeated lines, the first one missed',
    language: 'en',
    script: ['The sea was calm. Nobody spoke.', 'The sea was calm. Nobody moved.', 'The sea was calm. Nobody slept.'],
    missed: [0, 1, 2, 3],
  },
  {
    name: 'missing sentence',
    language: 'en',
    script: ['The door opened slowly. Nobody had touched it for thirty years. Inside, a lamp was burning.'],
    said: ['The door opened slowly. Inside, a lamp was burning.'],
  },
  {
    name: 'missing sentence',
    language: 'es',
    script: ['La puerta se abrió despacio. Nadie la había tocado en treinta años. Dentro ardía una lámpara.'],
    said: ['La puerta se abrió despacio. Dentro ardía una lámpara.'],
  },
  {
    name: 'added words',
    language: 'en',
    script: ['We built a house of glass. It sang in the wind.'],
    said: ['So together we built a beautiful house of glass. And believe me it sang in the wind.'],
  },
  {
    name: 'another text in one block',
    language: 'en',
    script: [
      'Nobody expected the river to turn green that morning.',
      'By noon the whole valley had come to look at it.',
    ],
    said: [
      'Nobody expected the river to turn green that morning.',
      'My grandmother always kept three clocks beside her bed.',
    ],
  },
  {
    name: 'another film',
    language: 'en',
    script: ['Nobody expected the river to turn green that morning, least of all the mayor.'],
    said: ['My grandmother always kept three clocks beside her bed, and none was ever right.'],
  },
  {
    name: 'music at the end',
    language: 'en',
    script: ['And that is how the smallest star became the brightest of them all.'],
    hallucinated: 'Thanks for watching please like and subscribe',
  },
  {
    name: 'music only',
    language: 'en',
    script: [''],
    hallucinated: 'Thank you Thank you Thank you so much for watching',
  },
  {
    name: 'silent film with a script',
    language: 'fr',
    script: ['La nuit tombe sur la ville endormie, et rien ne bouge.'],
    said: [''],
    hallucinated: "Sous-titres réalisés par la communauté d'Amara.org",
  },
];

const unspaced: readonly CaptionCase[] = [
  {
    name: 'story',
    language: 'zh',
    script: ['天空为什么是蓝色的？阳光看起来是白色的，其实包含了所有的颜色。', '空气里的分子把蓝光散射到四面八方。'],
    said: [
      '天空 为什么 是 蓝色 的？ 阳光 看起来 是 白色 的， 其实 包含 了 所有 的 颜色。',
      '空气 里 的 分子 把 蓝光 散射 到 四面八方。',
    ],
  },
  {
    name: 'story',
    language: 'ja',
    script: ['空はなぜ青いのでしょうか。太陽の光は白く見えますが、実はすべての色を含んでいます。'],
    said: ['空 は なぜ 青い の でしょう か。 太陽 の 光 は 白く 見え ます が、 実は すべて の 色 を 含ん で い ます。'],
  },
];

export const corpus: readonly CaptionCase[] = [...plain, ...numbers, ...spellings, ...otherwise, ...unspaced];
