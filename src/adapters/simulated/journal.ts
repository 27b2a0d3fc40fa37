/** What the simulated vendors were asked and what it cost: an append-only file, one JSON object a line, synced to the disk. */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AspectRatio, HeardWord, Resolution, VideoPrompt } from '../../core/ports.ts';
import type { Outcome } from './misbehaviour.ts';

/** What a launch asked for, as the vendor keeps it. */
export interface LaunchRecord {
  /** What was to be seen and said. */
  readonly prompt: VideoPrompt;
  /** New seconds. */
  readonly seconds: number;
  /** Width to height. */
  readonly aspectRatio: AspectRatio;
  /** By the short side's lines. */
  readonly resolution: Resolution;
  /** As the caller gave it. */
  readonly seed?: number;
  /** The operation whose video is extended, and how long that video is. */
  readonly extends?: { readonly operation: string; readonly durationMs: number };
  /** A file in the operation's folder. */
  readonly firstFrame?: string;
  /** URI below which the result is put. */
  readonly outputPlace: string;
  /** Film, block and take. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A paid operation came into being: exactly one line per launch, whatever its caller saw of it. */
export interface Launched {
  /** Tells the kinds of entry apart. */
  readonly event: 'launched';
  /** Epoch ms. */
  readonly at: number;
  /** The operation's name. */
  readonly operation: string;
  /** The how-manieth launch it was, rejected ones included. */
  readonly number: number;
  /** What was asked for. */
  readonly request: LaunchRecord;
  /** Epoch ms at which the result is there. */
  readonly readyAt: number;
  /** How it will end. */
  readonly outcome: Outcome;
}

/** Money that the vendor takes. */
export interface Charged {
  /** Tells the kinds of entry apart. */
  readonly event: 'charged';
  /** Epoch ms. */
  readonly at: number;
  /** The operation's name. */
  readonly operation: string;
  /** Micro-dollars. */
  readonly microUsd: number;
}

/** The video lies below the output place (`uri`), and this is what is said in its new part. */
export interface Delivered {
  /** Tells the kinds of entry apart. */
  readonly event: 'delivered';
  /** Epoch ms. */
  readonly at: number;
  /** The operation's name. */
  readonly operation: string;
  /** Where the video lies. */
  readonly uri: string;
  /** Of the whole file. */
  readonly durationMs: number;
  /** Where in the file the new part begins. */
  readonly fromMs: number;
  /** From the start of the new part. */
  readonly words: readonly HeardWord[];
}

/** A launch that was turned down: nothing was started and nothing is charged. */
export interface Rejected {
  /** Tells the kinds of entry apart. */
  readonly event: 'rejected';
  /** Epoch ms. */
  readonly at: number;
  /** The how-manieth launch it was. */
  readonly number: number;
  /** The error's code. */
  readonly code: string;
}

/** A call of the language model or the transcriber. */
export interface Called {
  /** Tells the kinds of entry apart. */
  readonly event: 'generated' | 'transcribed';
  /** Epoch ms. */
  readonly at: number;
  /** The how-manieth call of that vendor it was. */
  readonly number: number;
  /** Its price, micro-dollars. */
  readonly microUsd: number;
}

/** One line of the vendors' books. */
export type JournalEntry = Launched | Charged | Delivered | Rejected | Called;

export interface Journal {
  /** Durable when it resolves; the entries become visible together. */
  append(...entries: readonly JournalEntry[]): Promise<void>;
  /** All entries so far, those of other processes included. */
  entries(): Promise<readonly JournalEntry[]>;
  /** A number that no call had before, in any process. */
  nextNumber(kind: 'operations' | 'generations' | 'transcriptions'): Promise<number>;
}

const FILE = 'journal.jsonl';
const NEWLINE = 0x0a;

/** Names a numbered folder. */
export const numbered = (number: number): string => String(number).padStart(6, '0');

export function openJournal(folder: string): Journal {
  const path = join(folder, FILE);
  const known: JournalEntry[] = [];
  const lastNumber = new Map<string, number>();
  let offset = 0;
  let reading: Promise<unknown> = Promise.resolve();

  const readOn = async () => {
    const file = await open(path, 'r').catch(missing);
    if (!file) return;
    try {
      const { size } = await file.stat();
      const chunk = Buffer.alloc(Math.max(0, size - offset));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
      const end = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      known.push(...parseLines(chunk.subarray(0, end).toString('utf8')));
      offset += end;
    } finally {
      await file.close();
    }
  };

  return {
    async append(...entries) {
      await mkdir(folder, { recursive: true });
      const file = await open(path, 'a+');
      try {
        const { size } = await file.stat();
        const last = Buffer.alloc(1, NEWLINE);
        if (size > 0) await file.read(last, 0, 1, size - 1);
        // A line that a full disk cut short must not swallow this one.
        const start = last[0] === NEWLINE ? '' : '\n';
        await file.appendFile(start + entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async entries() {
      const next = reading.then(readOn);
      reading = next.catch(() => undefined);
      await next;
      return known;
    },
    async nextNumber(kind) {
      await mkdir(join(folder, kind), { recursive: true });
      for (let number = (lastNumber.get(kind) ?? 0) + 1; ; number += 1) {
        const taken = await mkdir(join(folder, kind, numbered(number))).then(() => false, exists);
        if (taken) continue;
        lastNumber.set(kind, number);
        return number;
      }
    },
  };
}

/** All that the simulated vendors in `folder` were asked: the auditor of "never paid twice". */
export const readJournal = (folder: string): Promise<readonly JournalEntry[]> => openJournal(folder).entries();

function parseLines(text: string): JournalEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as JournalEntry];
    } catch {
      return [];
    }
  });
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function exists(error: NodeJS.ErrnoException): true {
  if (error.code === 'EEXIST') return true;
  throw error;
}
