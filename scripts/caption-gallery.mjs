// Makes the pictures of docs/captions.md from real renders: node scripts/caption-gallery.mjs
// Needs ffmpeg with libass and HarfBuzz, and Noto fonts for the scripts that the shipped font does not have.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alignWords, captionPresets, captionStyle, layoutCues, toAss } from '../src/core/captions/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? join(root, 'docs/images/captions');
const fonts = join(root, 'assets/fonts');

/** Dialogue, and the word during which the picture is taken. */
const dialogues = {
  en: ['Sunlight looks white, but it carries every colour of the rainbow.', 7],
  fr: ['Voilà pourquoi, où que l’on regarde, le bleu nous entoure.', 1],
  de: ['Darum kommt von überall her blaues Licht zu uns.', 2],
  vi: ['Ánh sáng mặt trời trông có màu trắng, nhưng mang mọi màu sắc.', 2],
  ru: ['Солнечный свет кажется белым, но в нём есть все цвета.', 1],
  el: ['Το φως του ήλιου μοιάζει λευκό, αλλά κρύβει όλα τα χρώματα.', 2],
  zh: ['阳光看起来是白色的，其实包含了彩虹的所有颜色。', 1],
  ja: ['太陽の光は白く見えますが、実は虹のすべての色を含んでいます。', 2],
  ko: ['햇빛은 하얗게 보이지만 무지개의 모든 색을 담고 있습니다.', 1],
  th: ['แสงอาทิตย์ดูเป็นสีขาว แต่มีทุกสีของรุ้งอยู่ในนั้น', 2],
  ar: ['يبدو ضوء الشمس أبيض، لكنه يحمل كل ألوان قوس قزح.', 1],
  he: ['אור השמש נראה לבן, אבל יש בו את כל צבעי הקשת.', 1],
  hi: ['सूरज की रोशनी सफ़ेद दिखती है, पर उसमें इंद्रधनुष के सभी रंग होते हैं।', 2],
};

const edge = (at, slope) => `clip((Y-(${at}))/${slope},0,1)`;
const mix = (below, above, share) => `(${above})*(1-${share})+(${below})*${share}`;
const far = edge('0.60*H+H*0.022*sin(X/W*6.1)+H*0.010*sin(X/W*19+1)', 2);
const near = edge('0.735*H+H*0.03*sin(X/W*4.2+2.2)+H*0.006*sin(X/W*31)', 2);
const glow = (strength, radius) => `${strength}*exp(-hypot(X-0.66*W,Y-0.47*H)/(${radius}*H))`;
const haze = '(Y-0.6*H)/H';
/** Sunset over hills: bright and dark, warm and cold, as a caption has to bear. */
const scenes = {
  sunset: [
    mix(`20-30*${haze}`, mix(`112-190*${haze}`, `58+190*pow(Y/H*1.5,1.5)+${glow(120, 0.11)}`, far), near),
    mix(`34-50*${haze}`, mix(`78-150*${haze}`, `74+96*pow(Y/H*1.5,1.3)+${glow(110, 0.09)}`, far), near),
    mix(`52-70*${haze}`, mix(`122-170*${haze}`, `142-30*Y/H+${glow(50, 0.07)}`, far), near),
  ],
};

const work = mkdtempSync(join(tmpdir(), 'gallery-'));
mkdirSync(out, { recursive: true });
const run = (...args) =>
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { cwd: work, stdio: ['ignore', 'inherit', 'inherit'] });

const SIZES = { '9:16': [720, 1280], '16:9': [1280, 720] };
for (const [aspect, [width, height]] of Object.entries(SIZES)) {
  const [r, g, b] = scenes.sunset.map((expression) => `clip(${expression},0,255)`);
  run(
    '-f',
    'lavfi',
    '-i',
    `color=black:s=${width}x${height}:d=1:r=1,format=gbrp,geq=r='${r}':g='${g}':b='${b}',noise=alls=4`,
    '-frames:v',
    '1',
    `${aspect.replace(':', 'x')}.png`,
  );
}

for (const preset of Object.keys(captionPresets)) shoot(`style-${preset}`, preset, 'en', '9:16');
shoot('style-active-wide', 'active', 'en', '16:9');
shoot('style-classic-wide', 'classic', 'en', '16:9');
for (const language of Object.keys(dialogues)) shoot(`language-${language}`, 'active', language, '9:16');
rmSync(work, { recursive: true });

function shoot(name, preset, language, aspectRatio) {
  const [dialogue, nth] = dialogues[language];
  const style = captionStyle(preset);
  const heard = heardEvenly(dialogue, language);
  const durationMs = 9000;
  const { words } = alignWords({
    blocks: [{ block: 1, dialogue, fromMs: 0, toMs: durationMs }],
    heard,
    language,
    durationMs,
  });
  const cues = layoutCues(words, { language, style, aspectRatio, blockCutsMs: [], durationMs, framesPerSecond: 24 });
  writeFileSync(join(work, 'c.ass'), toAss(cues, { style, aspectRatio, language }));
  const word = words[Math.min(nth, words.length - 1)];
  const at = ((word.startMs + 4 * word.endMs) / 5000).toFixed(3);
  const [width, height] = SIZES[aspectRatio];
  run(
    ...['-i', `${aspectRatio.replace(':', 'x')}.png`],
    ...[
      '-vf',
      `setpts=PTS+${at}/TB,ass=c.ass:fontsdir=${fonts.replaceAll(':', '\\:')},scale=${width / 2}:${height / 2}:flags=lanczos`,
    ],
    ...['-frames:v', '1', '-update', '1', '-q:v', '4', join(out, `${name}.jpg`)],
  );
}

/** The dialogue as if heard word for word, 70 ms a letter. */
function heardEvenly(dialogue, language) {
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  let at = 200;
  const words = [...segmenter.segment(dialogue)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => {
      const startMs = at;
      at += 90 + [...segment].length * (/\p{Script=Han}/u.test(segment) ? 150 : 60);
      return { text: segment, startMs, endMs: at - 20 };
    });
  return { words, segments: [] };
}
