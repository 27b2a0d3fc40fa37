/** One life of the film's process, and the shots that are fired at it and at its ffmpeg while it does something. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
/** Node keeps what it compiled: a process begins in a third of the time. */
const COMPILED = fileURLToPath(new URL('../../../.cache/kill/compiled', import.meta.url));

/** What a process says that it is at. */
export type Activity = 'launch' | 'media' | 'cut' | 'publish' | 'write';

/** What a process was at when it was killed; `idle`: nothing of these, so mostly waiting for the vendor or saving the state. */
export type Phase = 'start' | 'idle' | Activity;

export interface Shot {
  /** Who is killed. */
  readonly at: 'process' | 'ffmpeg';
  /** It is fired so long after this begins (for `ffmpeg`: after an ffmpeg was started for it) … */
  readonly during: 'life' | Activity;
  /** … for this time, from 1; the life itself begins once … */
  readonly nth: number;
  /** … milliseconds. */
  readonly afterMs: number;
}

export interface LifeRequest {
  readonly place: string;
  readonly url: string;
  readonly blocks: number;
  /** Where temporary files go. */
  readonly tempDir: string;
  readonly shots: readonly Shot[];
  /** Sources with a bug in them. */
  readonly sources?: string | undefined;
}

export interface Life {
  /** The film's end, as the process saw it; nothing where it was killed before. */
  readonly end?: string;
  /** What it was at when it was killed, and the shot that did it. */
  readonly killed?: { readonly during: Phase; readonly by: Shot };
  /** Its last words, where it fell over by itself, which no process may. */
  readonly crash?: string;
  readonly ffmpegKilled: number;
  /** Every ffmpeg that it started: some outlive it. */
  readonly started: readonly number[];
}

/** The first one that is under way names the phase. */
const ACTIVITIES: readonly Activity[] = ['publish', 'cut', 'launch', 'media', 'write'];

/** Starts a process and reports how its life went. */
export async function live(request: LifeRequest): Promise<Life> {
  const { place, url, blocks, tempDir, shots, sources } = request;
  const args = [CHILD, place, url, String(blocks), ...(sources === undefined ? [] : [sources])];
  const env = { ...process.env, TMPDIR: tempDir, NODE_COMPILE_CACHE: COMPILED };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
  const life = observe(child, shots);
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  for await (const line of createInterface({ input: child.stdout })) life.hears(line);
  await ended;
  return life.over(words);
}

function observe(child: ChildProcess, shots: readonly Shot[]) {
  const under = new Map<string, number>();
  const begun = new Map<string, number>();
  const started: number[] = [];
  const timers: NodeJS.Timeout[] = [];
  const waiting = new Set(shots);
  let hasBegun = false;
  let end: string | undefined;
  let hit: Life['killed'];
  let ffmpegKilled = 0;

  const phase = (): Phase => {
    const activity = ACTIVITIES.find((one) => (under.get(one) ?? 0) > 0);
    return activity ?? (hasBegun ? 'idle' : 'start');
  };
  const fire = (shot: Shot, pid?: number): void => {
    const kill = (): void => {
      if (shot.at === 'ffmpeg') {
        if (pid !== undefined && kills(pid)) ffmpegKilled += 1;
      } else if (child.exitCode === null && child.signalCode === null && end === undefined) {
        hit ??= { during: phase(), by: shot };
        child.kill('SIGKILL');
      }
    };
    timers.push(setTimeout(kill, shot.afterMs));
  };
  const take = (fits: (shot: Shot) => boolean, pid?: number): void => {
    for (const shot of waiting) {
      if (!fits(shot)) continue;
      waiting.delete(shot);
      fire(shot, pid);
    }
  };
  take(({ during }) => during === 'life');

  return {
    hears: (line: string): void => {
      const [, sign, what = ''] = /^([+-]|ffmpeg |end )(.*)$/.exec(line) ?? [];
      if (sign === 'end ') end = what.trim();
      else if (sign === 'ffmpeg ') {
        started.push(Number(what));
        take(({ at, during }) => at === 'ffmpeg' && (under.get(during) ?? 0) > 0, Number(what));
      } else if (sign !== undefined) {
        under.set(what, Math.max(0, (under.get(what) ?? 0) + (sign === '+' ? 1 : -1)));
        if (sign === '-') return;
        const nth = (begun.get(what) ?? 0) + 1;
        begun.set(what, nth);
        take((shot) => shot.at === 'process' && shot.during === what && shot.nth === nth);
      } else if (line === 'begun') hasBegun = true;
    },
    over: (words: string): Life => {
      for (const timer of timers) clearTimeout(timer);
      return {
        ...(end === undefined ? {} : { end }),
        ...(hit === undefined || end !== undefined ? {} : { killed: hit }),
        ...(child.exitCode ? { crash: words.trim() || `exit code ${child.exitCode}` } : {}),
        ffmpegKilled,
        started,
      };
    },
  };
}

function kills(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Whether one of these processes still runs. */
export function someRun(pids: readonly number[]): boolean {
  return pids.some((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}
