import type { Narrative } from './types.ts';

export const en: Narrative = {
  question: ['{theme} Almost nobody stops to ask.', '{theme} A small question with a big answer.'],
  topic: ['{theme}: we all know the word.', '{theme}: it is closer than you think.'],
  develop: [
    'Look closely, and it starts to move.',
    'First there is what everybody can see.',
    'Behind it, something quieter is at work.',
    'Long ago, people told stories about it.',
    'Then somebody took the time to measure.',
    'What they found surprised even them.',
    'One small cause, and a long chain of effects.',
    'It happens every day, right in front of us.',
    'We only notice it when it is gone.',
    'And the same pattern returns wherever you look.',
    'Try it yourself: watch, wait and compare.',
    'Piece by piece, the picture becomes clear.',
  ],
  again: 'But that is only half of the story.',
  payoff: ['Now you know, and you will never see it the same way.', 'So next time, take a second look.'],
};

export const de: Narrative = {
  question: ['{theme} Kaum jemand bleibt stehen und fragt.', '{theme} Eine kleine Frage mit großer Antwort.'],
  topic: ['{theme}: Das Wort kennen wir alle.', '{theme}: Es ist näher, als du denkst.'],
  develop: [
    'Schau genau hin, und es bewegt sich.',
    'Zuerst ist da, was jeder sehen kann.',
    'Dahinter wirkt etwas Leiseres.',
    'Früher erzählte man sich Geschichten darüber.',
    'Dann nahm sich jemand Zeit zum Messen.',
    'Das Ergebnis überraschte alle.',
    'Eine kleine Ursache, eine lange Kette von Folgen.',
    'Es geschieht jeden Tag, direkt vor uns.',
    'Wir merken es erst, wenn es fehlt.',
    'Dasselbe Muster kehrt überall wieder.',
    'Probier es selbst: schauen, warten, vergleichen.',
    'Stück für Stück wird das Bild klar.',
  ],
  again: 'Doch das ist erst die halbe Geschichte.',
  payoff: ['Jetzt weißt du es und siehst es mit anderen Augen.', 'Also schau beim nächsten Mal zweimal hin.'],
};

export const nl: Narrative = {
  question: ['{theme} Bijna niemand vraagt het zich af.', '{theme} Een kleine vraag met een groot antwoord.'],
  topic: ['{theme}: we kennen allemaal het woord.', '{theme}: het is dichterbij dan je denkt.'],
  develop: [
    'Kijk goed, en het begint te bewegen.',
    'Eerst is er wat iedereen kan zien.',
    'Daarachter is iets stillers aan het werk.',
    'Vroeger vertelden mensen er verhalen over.',
    'Toen nam iemand de tijd om te meten.',
    'De uitkomst verraste iedereen.',
    'Een kleine oorzaak, een lange reeks gevolgen.',
    'Het gebeurt elke dag, vlak voor onze ogen.',
    'We merken het pas als het weg is.',
    'Hetzelfde patroon keert overal terug.',
    'Probeer het zelf: kijk, wacht en vergelijk.',
    'Stukje bij beetje wordt het beeld helder.',
  ],
  again: 'Maar dat is pas de helft van het verhaal.',
  payoff: ['Nu weet je het, en je kijkt nooit meer hetzelfde.', 'Kijk de volgende keer dus twee keer.'],
};
