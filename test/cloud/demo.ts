/**
 * The whole flow on this machine: four functions behind the real functions-framework, the Firestore emulator, a loopback Cloud Storage that
 * sends real CloudEvents, loopback Veo, Gemini and Whisper behind the real client libraries. A first film with events, a second one by the
 * scheduler alone. `npm run demo:cloud -- --theme "…" --duration 15 --language fr`
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Firestore } from '@google-cloud/firestore';
import { type Cloud, FUNCTIONS, type FunctionName, startCloud } from './support/cloud.ts';
import type { Meter } from './support/meter.ts';
import { printer, told } from './support/timeline.ts';

const { values } = parseArgs({
  options: {
    theme: { type: 'string', default: 'Why is the sky blue?' },
    duration: { type: 'string', default: '15' },
    language: { type: 'string', default: 'en' },
    /** Seconds from a launch to its result, rendering not included: Veo takes 11 s to 6 min. */
    latency: { type: 'string', default: '12' },
    size: { type: 'string', default: '180x320' },
    'events-only': { type: 'boolean', default: false },
  },
});

const CRON_MS = 60_000;
const PATIENCE_MS = 20 * 60_000;
const [width = 180, height = 320] = values.size.split('x').map(Number);

interface Made {
  readonly videoId: string;
  readonly status: string;
  readonly seconds: number;
  readonly blocks: number;
  readonly addedSeconds: number;
  readonly meter: Meter;
  readonly doubleLaunches: number;
}

/** Where the lines of the functions' logs go. */
let onEvent: (name: FunctionName, event: string, videoId: string, what: string) => void = () => undefined;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const round = (value: number): number => Math.round(value * 100) / 100;
const mean = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0) / Math.max(1, all.length);

/** From each result's arrival in the bucket to what follows it: the launch of the next block, or the last one's acceptance. */
function addedSeconds(cloud: Cloud, videoId: string, accepted: ReadonlyMap<number, number>): number {
  const jobs = cloud.vendors.google.jobs.filter(({ labels }) => labels.film === videoId.toLowerCase());
  const added = [...cloud.delivered].flatMap(([name, at]) => {
    const block = Number(new RegExp(`^${videoId}/takes/(\\d+)-`).exec(name)?.[1] ?? 0);
    const next = jobs.find(({ labels }) => labels.block === `${block + 1}`)?.launchedAt ?? accepted.get(block);
    return block === 0 || next === undefined ? [] : [(next - at) / 1000];
  });
  return mean(added);
}

function doubleLaunches(cloud: Cloud, videoId: string): number {
  const jobs = cloud.vendors.google.jobs.filter(({ labels }) => labels.film === videoId.toLowerCase());
  return jobs.length - new Set(jobs.map(({ labels }) => labels.block)).size;
}

/** The scheduler: the functions' jobs every minute, as they are deployed. */
function startCron(cloud: Cloud, jobs: readonly (readonly [FunctionName, object])[]): () => void {
  const fire = (): void => {
    for (const [name, body] of jobs) {
      cloud.post(name, body).then(
        (response) => response.body?.cancel(),
        () => undefined,
      );
    }
  };
  fire();
  const timer = setInterval(fire, CRON_MS);
  return () => clearInterval(timer);
}

async function make(cloud: Cloud, show: ReturnType<typeof printer>): Promise<Made> {
  const before = cloud.meter();
  const startedAt = Date.now();
  const accepted = new Map<number, number>();
  const finished = Promise.withResolvers<string>();
  const early: [string, () => void][] = [];
  let mine = '';
  onEvent = (name, event, videoId, what) => {
    const at = Date.now() - startedAt;
    const handle = (): void => {
      show.row(videoId, { at, what, by: name });
      const block = Number(/^block-accepted block (\d+)/.exec(what)?.[1] ?? 0);
      if (block > 0) accepted.set(block, startedAt + at);
      if (/^film-(completed|failed|needs-input|cancelled)$/.test(event)) finished.resolve(event.slice('film-'.length));
    };
    if (mine === '') early.push([videoId, handle]);
    else if (videoId === mine) handle();
  };
  const { theme, language } = values;
  const request = { theme, language, target_duration: Number(values.duration) };
  const response = await cloud.post('agent-script-v2', request);
  const answer = (await response.json()) as { readonly video_id?: string; readonly blocks_generated?: number };
  const answeredAt = Date.now() - startedAt;
  if (answer.video_id === undefined) throw new Error(`The script function answered ${response.status}.`);
  mine = answer.video_id;
  for (const [videoId, handle] of early) if (videoId === mine) handle();
  show.row(mine, { at: answeredAt, what: 'answer to POST {theme, target_duration}', by: 'agent-script-v2' });
  const late = setTimeout(() => finished.resolve('timeout'), PATIENCE_MS);
  const status = await finished.promise;
  clearTimeout(late);
  const took = (Date.now() - startedAt) / 1000;
  // The last function writes down a little more after the film is complete.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await show.flush();
  const after = cloud.meter();
  return {
    videoId: mine,
    status,
    seconds: round(took),
    blocks: answer.blocks_generated ?? 0,
    addedSeconds: round(addedSeconds(cloud, mine, accepted)),
    meter: {
      reads: after.reads - before.reads,
      writes: after.writes - before.writes,
      commits: after.commits - before.commits,
    },
    doubleLaunches: doubleLaunches(cloud, mine),
  };
}

const cloud = await startCloud({
  latencyMs: Number(values.latency) * 1000,
  size: { width, height },
  onLine: (name, line) => {
    const found = told(line);
    if (found) onEvent(name, found.event, found.videoId, found.what);
    else if (line.trim() !== '') print(`${name}: ${line}`);
  },
});
if (cloud === undefined) throw new Error('The demo needs the Firestore emulator: Java and the Google Cloud SDK.');
const client = new Firestore({ projectId: cloud.project, host: cloud.emulatorHost, ssl: false });

async function run(running: Cloud): Promise<boolean> {
  const show = printer(client, print);
  print(`Four functions on 127.0.0.1, bucket ${running.bucket}, Firestore project ${running.project}.`);
  const jobs = [
    ['monitor-veo31', {}],
    ['agent-assembler-v2', { tick: true }],
  ] as const;
  print('\nWith storage events, monitor and assembler each minute besides:');
  show.head();
  const stop = startCron(running, jobs);
  const film = await make(running, show);
  stop();
  const videoBytes = FUNCTIONS.filter((name) => name !== 'agent-assembler-v2').map(
    (name) => running.storage[name].passed,
  );
  const [media, index] = [
    videoBytes.reduce((sum, { media }) => sum + media, 0),
    videoBytes.reduce((sum, { index }) => sum + index, 0),
  ];
  let cronOnly: Made | undefined;
  if (!values['events-only']) {
    print('\nWithout a single event, by monitor and assembler each minute alone:');
    show.head();
    running.setEvents(false);
    const stopAgain = startCron(running, jobs);
    cronOnly = await make(running, show);
    stopAgain();
  }
  const films = cronOnly === undefined ? [film] : [film, cronOnly];
  const isComplete = films.every(({ status }) => status === 'completed');
  print('');
  print(
    JSON.stringify({
      status: isComplete ? 'completed' : films.map(({ status }) => status).join(', '),
      films: films.length,
      blocks: film.blocks,
      seconds: film.seconds,
      firestoreReads: film.meter.reads,
      firestoreWrites: film.meter.writes,
      commits: film.meter.commits,
      doubleLaunches: films.reduce((sum, { doubleLaunches: double }) => sum + double, 0),
      addedSecondsPerBlock: film.addedSeconds,
      addedSecondsPerBlockCronOnly: cronOnly?.addedSeconds ?? null,
      bytesThroughProcess: media,
      indexBytesThroughProcess: index,
      cronOnly: cronOnly?.meter ?? null,
    }),
  );
  return isComplete;
}

try {
  if (!(await run(cloud))) process.exitCode = 1;
} finally {
  await client.terminate();
  await cloud.close();
}
