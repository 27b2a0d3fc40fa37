const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Words that lean on the one after them: a line or a cue does not end with one. */
export const leaning: Readonly<Record<string, ReadonlySet<string>>> = {
  en: set(
    'a an the my your his her its our their this that these those of to in on at by for from with about into over under than as is are was were be am and or but nor so if because when while who which whose very more most not no every each some any i you he she it we they can could will would should may might must has have had do does did dont its',
  ),
  fr: set(
    'le la les un une des du de d l au aux à en dans sur sous par pour avec sans chez mon ton son ma ta sa mes tes ses notre votre nos vos leur leurs ce cet cette ces et ou mais ni car donc or que qui dont où si je tu il elle on nous vous ils elles ne n se s me m te t y est sont était plus très tout toute tous c qu j',
  ),
  de: set(
    'der die das den dem des ein eine einen einem einer eines mein dein sein ihr unser euer kein keine dieser diese dieses in im an am auf aus bei mit nach von vom zu zum zur für über unter um durch gegen ohne und oder aber denn weil dass daß wenn ob als wie ich du er sie es wir nicht sehr ist sind war waren so mehr',
  ),
  es: set(
    'el la los las un una unos unas de del al a en con por para sin sobre entre desde hasta mi tu su mis tus sus nuestro este esta estos estas ese esa y e o u pero ni que quien si cuando como porque no se me te le lo nos es son era muy más yo tú él ella',
  ),
  it: set(
    'il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai alle da dal dalla in nel nella nei nelle con su sul sulla per tra fra mio tuo suo mia tua sua questo questa quel quella e ed o ma né che chi se quando come perché non si mi ti ci vi è sono era molto più l un d c',
  ),
  pt: set(
    'o a os as um uma uns umas de do da dos das em no na nos nas ao à aos às por pelo pela para com sem sobre entre até meu teu seu minha tua sua este esta esse essa aquele e ou mas nem que quem se quando como porque não me te lhe é são era muito mais eu tu ele ela',
  ),
  nl: set(
    'de het een van in op aan bij met voor naar uit over onder door om te mijn jouw zijn haar ons hun deze dit die dat en of maar want omdat dat als ik je jij hij zij we niet is zijn was heel meer',
  ),
  ru: set(
    'и а но или что чтобы как если когда потому в во на с со к ко у о об от до из за по под над при для без не ни же бы ли это этот эта эти мой твой его её их наш ваш свой очень самый я ты он она мы вы они',
  ),
};

/** Words before which a sentence breathes: conjunctions and the like. */
export const breathing: Readonly<Record<string, ReadonlySet<string>>> = {
  en: set(
    'and or but so because if when while who which that than as until unless though although where since before after',
  ),
  fr: set('et ou mais donc car que qui dont où si quand lorsque parce puisque comme pour afin avant après'),
  de: set('und oder aber denn weil dass daß wenn ob als wie während bevor nachdem damit sondern'),
  es: set('y e o u pero sino que quien donde si cuando como porque mientras aunque para'),
  it: set('e ed o ma che chi dove se quando come perché mentre anche per'),
  pt: set('e ou mas que quem onde se quando como porque enquanto embora para'),
  nl: set('en of maar want omdat dat als toen terwijl zodat'),
  ru: set('и а но или что чтобы как если когда потому где который'),
};

/** Endings and particles that belong to the word before them, in languages without blanks. */
export const trailing: Readonly<Record<string, RegExp>> = {
  ja: /^(?:[ぁ-ゖ]{1,3}|[ー々ゝヽ].*)$/u,
  zh: /^(?:的|了|吗|呢|吧|着|过|得|地|们|啊|上|下|里|中)$/u,
  yue: /^(?:嘅|咗|緊|啊|喇|呢|吖|㗎)$/u,
};
