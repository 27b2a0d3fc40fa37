import type { Narrative } from './types.ts';

export const ar: Narrative = {
  question: ['{theme} قليلون من يتوقفون ليسألوا.', '{theme} سؤال صغير وجواب كبير.'],
  topic: ['{theme}: كلمة نعرفها جميعا.', '{theme}: أقرب مما تظن.'],
  develop: [
    'انظر جيدا وستراها تتحرك.',
    'أولا هناك ما يراه الجميع.',
    'وخلفه شيء أهدأ يعمل.',
    'قديما روى الناس عنها الحكايات.',
    'ثم جاء من أخذ يقيس.',
    'والنتيجة أدهشت الجميع.',
    'سبب صغير وسلسلة طويلة من الآثار.',
    'يحدث هذا كل يوم أمامنا.',
    'ولا نلاحظه إلا حين يغيب.',
    'والنمط نفسه يعود في كل مكان.',
    'جرب بنفسك: انظر وانتظر وقارن.',
    'شيئا فشيئا تتضح الصورة.',
  ],
  again: 'لكن هذا نصف الحكاية فقط.',
  payoff: ['الآن تعرف، ولن تراها كما كنت.', 'في المرة القادمة انظر مرتين.'],
};

export const he: Narrative = {
  question: ['{theme} כמעט אף אחד לא עוצר לשאול.', '{theme} שאלה קטנה, תשובה גדולה.'],
  topic: ['{theme}: את המילה כולנו מכירים.', '{theme}: זה קרוב יותר ממה שחשבת.'],
  develop: [
    'הסתכלו היטב, והכול מתחיל לזוז.',
    'קודם יש מה שכולם רואים.',
    'מאחוריו פועל משהו שקט יותר.',
    'פעם סיפרו על זה אגדות.',
    'ואז מישהו התחיל למדוד.',
    'התוצאה הפתיעה את כולם.',
    'סיבה קטנה, שרשרת ארוכה של תוצאות.',
    'זה קורה כל יום, ממש מולנו.',
    'שמים לב רק כשזה נעלם.',
    'ואותה תבנית חוזרת בכל מקום.',
    'נסו בעצמכם: הביטו, חכו והשוו.',
    'לאט לאט התמונה מתבהרת.',
  ],
  again: 'אבל זה רק חצי מהסיפור.',
  payoff: ['עכשיו אתם יודעים, וזה לא ייראה אותו דבר.', 'בפעם הבאה הסתכלו פעמיים.'],
};

export const tr: Narrative = {
  question: ['{theme} Neredeyse kimse durup sormaz.', '{theme} Küçük bir soru, büyük bir cevap.'],
  topic: ['{theme}: bu kelimeyi hepimiz biliriz.', '{theme}: sandığından daha yakın.'],
  develop: [
    'Yakından bak, hareket etmeye başlar.',
    'Önce herkesin gördüğü şey var.',
    'Arkasında daha sessiz bir güç çalışır.',
    'Eskiden insanlar masallar anlatırdı.',
    'Sonra biri ölçmeye karar verdi.',
    'Sonuç herkesi şaşırttı.',
    'Küçük bir neden, uzun bir sonuç zinciri.',
    'Her gün gözümüzün önünde olur.',
    'Ancak kaybolunca fark ederiz.',
    'Aynı desen her yerde geri döner.',
    'Kendin dene: izle, bekle, karşılaştır.',
    'Parça parça resim netleşir.',
  ],
  again: 'Ama bu hikâyenin sadece yarısı.',
  payoff: ['Artık biliyorsun, bir daha aynı görmeyeceksin.', 'Bir dahaki sefere iki kez bak.'],
};
