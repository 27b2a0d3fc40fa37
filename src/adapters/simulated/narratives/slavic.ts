import type { Narrative } from './types.ts';

export const pl: Narrative = {
  question: ['{theme} Mało kto o to pyta.', '{theme} Małe pytanie, wielka odpowiedź.'],
  topic: ['{theme}: wszyscy znamy to słowo.', '{theme}: to bliżej, niż myślisz.'],
  develop: [
    'Spójrz uważnie, a zacznie się ruszać.',
    'Najpierw jest to, co widzi każdy.',
    'W tle pracuje coś cichszego.',
    'Dawniej ludzie opowiadali o tym legendy.',
    'Potem ktoś postanowił to zmierzyć.',
    'Wynik zaskoczył wszystkich.',
    'Mała przyczyna, długi łańcuch skutków.',
    'Dzieje się to codziennie, tuż przed nami.',
    'Zauważamy to dopiero, gdy znika.',
    'Ten sam wzór powraca wszędzie.',
    'Spróbuj: patrz, czekaj i porównuj.',
    'Krok po kroku obraz staje się jasny.',
  ],
  again: 'Ale to dopiero połowa historii.',
  payoff: ['Teraz wiesz i już zawsze zobaczysz to inaczej.', 'Następnym razem spójrz dwa razy.'],
};

export const ru: Narrative = {
  question: ['{theme} Почти никто об этом не спрашивает.', '{theme} Маленький вопрос, большой ответ.'],
  topic: ['{theme}: это слово знают все.', '{theme}: это ближе, чем кажется.'],
  develop: [
    'Присмотритесь, и всё придёт в движение.',
    'Сначала есть то, что видит каждый.',
    'За этим скрыто нечто более тихое.',
    'Когда-то об этом складывали легенды.',
    'Потом кто-то решил это измерить.',
    'Результат удивил всех.',
    'Малая причина, длинная цепь следствий.',
    'Это происходит каждый день, у нас на глазах.',
    'Мы замечаем это, только когда оно исчезает.',
    'И тот же узор повторяется повсюду.',
    'Попробуйте сами: смотрите, ждите, сравнивайте.',
    'Шаг за шагом картина становится ясной.',
  ],
  again: 'Но это лишь половина истории.',
  payoff: ['Теперь вы знаете и увидите это иначе.', 'В следующий раз посмотрите дважды.'],
};

export const uk: Narrative = {
  question: ['{theme} Майже ніхто про це не питає.', '{theme} Маленьке питання, велика відповідь.'],
  topic: ['{theme}: це слово знають усі.', '{theme}: це ближче, ніж здається.'],
  develop: [
    'Придивіться, і все почне рухатися.',
    'Спочатку є те, що бачить кожен.',
    'За цим працює щось тихіше.',
    'Колись про це складали легенди.',
    'Потім хтось вирішив це виміряти.',
    'Результат здивував усіх.',
    'Мала причина, довгий ланцюг наслідків.',
    'Це стається щодня, просто перед нами.',
    'Ми помічаємо це, лише коли воно зникає.',
    'І той самий візерунок повертається всюди.',
    'Спробуйте самі: дивіться, чекайте, порівнюйте.',
    'Крок за кроком картина стає ясною.',
  ],
  again: 'Але це лише половина історії.',
  payoff: ['Тепер ви знаєте і побачите це інакше.', 'Наступного разу подивіться двічі.'],
};
