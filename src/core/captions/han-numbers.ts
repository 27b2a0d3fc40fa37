import { baseLanguage } from './script.ts';

const DIGITS = '零一二三四五六七八九';
const PLACES = ['', '十', '百', '千'];
const MYRIADS = ['', '万', '億'];
const LARGEST = 12;
/** Chinese says a year digit by digit. */
const YEAR = /^[12]\d{3}$/u;

/** Below ten thousand: 23 is 二十三; a leading 一 before 十, and in Japanese before 百 and 千, is not said. */
function below10000(digits: string, japanese: boolean): string {
  let said = '';
  let gap = false;
  for (const [index, digit] of [...digits].entries()) {
    const place = digits.length - 1 - index;
    if (digit === '0') {
      gap = said !== '';
      continue;
    }
    const silent = digit === '1' && place > 0 && (japanese || (place === 1 && said === ''));
    said += `${gap && !japanese ? '零' : ''}${silent ? '' : DIGITS[Number(digit)]}${PLACES[place]}`;
    gap = false;
  }
  return said;
}

/** Arabic digits as Chinese and Japanese say them, so that either spelling matches the other. */
export function hanNumbers(text: string, language: string): string {
  const japanese = baseLanguage(language) === 'ja';
  return text.replace(/\d+/gu, (found) => {
    const digits = found.replace(/^0+(?=\d)/u, '');
    if (digits === '0' || digits.length > LARGEST || (!japanese && YEAR.test(digits)))
      return [...found].map((digit) => DIGITS[Number(digit)]).join('');
    let said = '';
    for (let end = digits.length, myriad = 0; end > 0; end -= 4, myriad++) {
      const part = below10000(digits.slice(Math.max(0, end - 4), end), japanese);
      if (part !== '') said = `${part}${MYRIADS[myriad]}${said}`;
    }
    return said;
  });
}
