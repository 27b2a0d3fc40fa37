import type { Narrative } from './types.ts';

export const fr: Narrative = {
  question: ['{theme} Presque personne ne se le demande.', '{theme} Une petite question, une grande réponse.'],
  topic: ['{theme} : nous connaissons tous ce mot.', '{theme} : c’est plus proche qu’on ne croit.'],
  develop: [
    'Regardez bien, et tout se met à bouger.',
    'Il y a d’abord ce que chacun peut voir.',
    'Derrière, quelque chose de plus discret est à l’œuvre.',
    'Autrefois, on en faisait des légendes.',
    'Puis quelqu’un a pris le temps de mesurer.',
    'Le résultat a surpris tout le monde.',
    'Une petite cause, une longue suite d’effets.',
    'Cela arrive chaque jour, sous nos yeux.',
    'On ne le remarque que lorsqu’il manque.',
    'Et le même motif revient partout.',
    'Essayez : observez, attendez, comparez.',
    'Peu à peu, l’image devient claire.',
  ],
  again: 'Mais ce n’est que la moitié de l’histoire.',
  payoff: ['Maintenant vous savez, et vous ne le verrez plus pareil.', 'La prochaine fois, regardez deux fois.'],
};

export const es: Narrative = {
  question: ['{theme} Casi nadie se lo pregunta.', '{theme} Una pregunta pequeña, una respuesta enorme.'],
  topic: ['{theme}: todos conocemos la palabra.', '{theme}: está más cerca de lo que crees.'],
  develop: [
    'Mira de cerca y empieza a moverse.',
    'Primero está lo que todos pueden ver.',
    'Detrás trabaja algo más silencioso.',
    'Hace mucho, la gente contaba leyendas.',
    'Luego alguien se tomó el tiempo de medir.',
    'El resultado sorprendió a todos.',
    'Una causa pequeña, una larga cadena de efectos.',
    'Ocurre cada día, delante de nosotros.',
    'Solo lo notamos cuando falta.',
    'Y el mismo patrón vuelve en todas partes.',
    'Pruébalo: observa, espera y compara.',
    'Poco a poco, la imagen se aclara.',
  ],
  again: 'Pero esa es solo la mitad de la historia.',
  payoff: ['Ahora lo sabes y ya no lo verás igual.', 'La próxima vez, mira dos veces.'],
};

export const it: Narrative = {
  question: ['{theme} Quasi nessuno se lo chiede.', '{theme} Una piccola domanda, una grande risposta.'],
  topic: ['{theme}: conosciamo tutti la parola.', '{theme}: è più vicino di quanto pensi.'],
  develop: [
    'Guarda bene, e comincia a muoversi.',
    'Prima c’è quello che tutti vedono.',
    'Dietro lavora qualcosa di più silenzioso.',
    'Un tempo la gente ne faceva leggende.',
    'Poi qualcuno si è messo a misurare.',
    'Il risultato ha sorpreso tutti.',
    'Una piccola causa, una lunga catena di effetti.',
    'Succede ogni giorno, davanti a noi.',
    'Lo notiamo solo quando manca.',
    'E lo stesso disegno ritorna ovunque.',
    'Provaci: osserva, aspetta e confronta.',
    'A poco a poco il quadro si fa chiaro.',
  ],
  again: 'Ma è solo metà della storia.',
  payoff: ['Ora lo sai, e non lo vedrai più allo stesso modo.', 'La prossima volta, guarda due volte.'],
};

export const pt: Narrative = {
  question: ['{theme} Quase ninguém pergunta.', '{theme} Uma pergunta pequena, uma resposta enorme.'],
  topic: ['{theme}: todos conhecemos a palavra.', '{theme}: está mais perto do que parece.'],
  develop: [
    'Olhe de perto, e começa a mover-se.',
    'Primeiro há o que todos podem ver.',
    'Por trás, algo mais discreto trabalha.',
    'Há muito tempo, contavam-se lendas.',
    'Depois alguém parou para medir.',
    'O resultado surpreendeu todos.',
    'Uma causa pequena, uma longa cadeia de efeitos.',
    'Acontece todos os dias, à nossa frente.',
    'Só reparamos quando falta.',
    'E o mesmo padrão volta em toda parte.',
    'Experimente: observe, espere e compare.',
    'Pouco a pouco, a imagem fica clara.',
  ],
  again: 'Mas isso é só metade da história.',
  payoff: ['Agora você sabe, e nunca mais verá do mesmo jeito.', 'Da próxima vez, olhe duas vezes.'],
};
