/** Who speaks: the machine's espeak-ng, else espeak-ng in WebAssembly (`text2wav`), else a hum with the rhythm of speech. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { runProcess } from '../ffmpeg/process.ts';
import { hum } from './hum.ts';
import { readWav } from './wav.ts';

export interface VoiceOptions {
  /** @default 'auto': the first of the others that is there and speaks the language */
  readonly engine?: 'auto' | 'espeak-ng' | 'text2wav' | 'hum' | undefined;
}

interface SpeakContext {
  readonly workDir: string;
}

export interface Voice {
  readonly id: string;
  /** One sound per text, at `speed` words per minute. */
  speak(texts: readonly string[], speed: number, context: SpeakContext): Promise<Int16Array[]>;
}

/** Speech of a few seconds takes well under one; a program that hangs must not hold a film up. */
const DEADLINE_MS = 60_000;
const AT_ONCE = 2;
const hanCharacter = /\p{Script=Han}/u;

/** The first engine that has a voice for the language. */
export async function chooseVoice(language: string, text: string, options: VoiceOptions): Promise<Voice> {
  const wanted = options.engine ?? 'auto';
  const base = language.toLowerCase().split('-')[0] ?? '';
  // espeak-ng reads each kanji as the words "Chinese letter".
  const speakable = !(base === 'ja' && hanCharacter.test(text));
  if (speakable && (wanted === 'auto' || wanted === 'espeak-ng')) {
    const name = matchVoice(language, await espeakVoices());
    if (name !== undefined) return espeakVoice(name);
  }
  if (speakable && (wanted === 'auto' || wanted === 'text2wav')) {
    const path = text2wavPath();
    const name = path === undefined ? undefined : matchVoice(language, await text2wavVoices(path));
    if (path !== undefined && name !== undefined) return text2wavVoice(name, path);
  }
  return { id: 'hum', speak: async (texts, speed) => texts.map((each) => hum(each, speed)) };
}

const OTHER_NAMES: Readonly<Record<string, string>> = { zh: 'cmn', no: 'nb', tl: 'id' };

function matchVoice(language: string, voices: readonly string[]): string | undefined {
  const tag = language.toLowerCase();
  const base = tag.split('-')[0] ?? tag;
  const preferred = base === 'en' ? 'en-us' : base === 'fr' ? 'fr-fr' : base;
  const named = [tag, preferred, base, OTHER_NAMES[base]].find((name) => voices.some((v) => v.toLowerCase() === name));
  const found = named ?? voices.find((voice) => voice.toLowerCase().startsWith(`${base}-`))?.toLowerCase();
  return voices.find((voice) => voice.toLowerCase() === found);
}

/** Neither an option (`-x`) nor espeak-ng's phoneme brackets. */
const plain = (text: string) => text.replace(/[[\]<>|]/g, ' ').replace(/^[^\p{L}\p{N}]+/u, '');

// ── espeak-ng of the machine ─────────────────────────────────────────────────────────────────────────────────────────

let espeakList: Promise<readonly string[]> | undefined;

function espeakVoices(): Promise<readonly string[]> {
  espeakList ??= runProcess({ command: 'espeak-ng', args: ['--voices'], timeoutMs: DEADLINE_MS }).then(
    ({ stdout }) =>
      new TextDecoder()
        .decode(stdout)
        .split('\n')
        .slice(1)
        .flatMap((line) => line.trim().split(/\s+/)[1] ?? []),
    () => [],
  );
  return espeakList;
}

const espeakVoice = (name: string): Voice => ({
  id: `espeak-ng ${name}`,
  async speak(texts, speed) {
    const sounds: Int16Array[] = [];
    for (let from = 0; from < texts.length; from += AT_ONCE) {
      const batch = texts.slice(from, from + AT_ONCE).map(async (text) => {
        const args = ['-v', name, '-s', String(speed), '-z', '--stdout', plain(text)];
        const { stdout } = await runProcess({ command: 'espeak-ng', args, timeoutMs: DEADLINE_MS });
        return readWav(stdout);
      });
      sounds.push(...(await Promise.all(batch)));
    }
    return sounds;
  },
});

// ── espeak-ng in WebAssembly ─────────────────────────────────────────────────────────────────────────────────────────

const require = createRequire(import.meta.url);

function text2wavPath(): string | undefined {
  try {
    return require.resolve('text2wav');
  } catch {
    return undefined;
  }
}

let text2wavList: Promise<readonly string[]> | undefined;

function text2wavVoices(path: string): Promise<readonly string[]> {
  text2wavList ??= readdir(join(dirname(path), 'espeak-ng-data', 'lang'), {
    recursive: true,
    withFileTypes: true,
  }).then(
    (found) => found.filter((entry) => entry.isFile()).map((entry) => entry.name),
    () => [],
  );
  return text2wavList;
}

/** Runs in a process of its own: the module ends its process where it dislikes something, and cannot be stopped otherwise. */
const CHILD = `
const { readFileSync, writeFileSync } = require('node:fs');
const [path, folder] = process.argv.slice(1);
const { texts, options } = JSON.parse(readFileSync(folder + '/speech.json', 'utf8'));
(async () => {
  for (const [i, text] of texts.entries()) writeFileSync(folder + '/speech-' + i + '.wav', await require(path)(text, options));
})();
`;

const text2wavVoice = (voice: string, path: string): Voice => ({
  id: `text2wav ${voice}`,
  async speak(texts, speed, { workDir }) {
    const options = { voice, speed, noFinalPause: true };
    await writeFile(join(workDir, 'speech.json'), JSON.stringify({ texts: texts.map(plain), options }));
    const args = ['--input-type=commonjs', '-e', CHILD, '--', path, workDir];
    await runProcess({ command: process.execPath, args, timeoutMs: DEADLINE_MS });
    return Promise.all(texts.map(async (_, i) => readWav(await readFile(join(workDir, `speech-${i}.wav`)))));
  },
});
