/**
 * One film by the deployed functions, with its timeline: real vendors, real money.
 * `npm run e2e -- --base-url https://us-central1-PROJECT.cloudfunctions.net --theme "…" --duration 15 --project PROJECT`
 *
 * Tokens are those of the application default credentials (a service account, or impersonation of one that may call), or ID_TOKEN. With
 * --project the status is read from Firestore; without, the assembler is asked, which then also does what is due.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { googleIdToken } from '../../src/hosts/auth.ts';
import { printer, seconds } from './support/timeline.ts';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    /** The assembler's address, where it has one of its own (Cloud Run). */
    'assembler-url': { type: 'string' },
    theme: { type: 'string', default: 'Why is the sky blue?' },
    duration: { type: 'string', default: '15' },
    language: { type: 'string' },
    project: { type: 'string' },
    /** Sends no token: for a server of one's own. */
    open: { type: 'boolean', default: false },
    /** Seconds between two looks. */
    every: { type: 'string', default: '5' },
    /** Minutes after which it gives up. */
    patience: { type: 'string', default: '40' },
  },
});

const base = values['base-url']?.replace(/\/$/, '');
if (base === undefined) throw new Error('Give --base-url: what stands before /agent-script-v2.');
const urls = { script: `${base}/agent-script-v2`, assembler: values['assembler-url'] ?? `${base}/agent-assembler-v2` };
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const idToken = googleIdToken();
const startedAt = Date.now();

interface Answer {
  readonly status?: string;
  readonly code?: string;
  readonly message?: string;
  readonly video_id?: string;
  readonly blocks_generated?: number;
  readonly final_url?: string | null;
}

async function post(url: string, body: object): Promise<{ readonly http: number; readonly answer: Answer }> {
  const token = values.open ? undefined : (process.env.ID_TOKEN ?? (await idToken(url)));
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  try {
    return { http: response.status, answer: JSON.parse(text) as Answer };
  } catch {
    throw new Error(`${url} answered ${response.status} and no JSON.`);
  }
}

type Seen = { readonly shown: string; readonly end?: 'completed' | 'failed' };

/** What the database says, without touching the film. */
async function fromFirestore(project: string): Promise<(videoId: string) => Promise<Seen>> {
  const { Firestore } = await import('@google-cloud/firestore');
  const client = new Firestore({ projectId: project });
  const { statusOf } = printer(client, print);
  return async (videoId) => {
    const shown = await statusOf(videoId);
    if (shown === 'completed') return { shown, end: 'completed' };
    return /^(failed|error|cancelled)$/.test(shown) ? { shown, end: 'failed' } : { shown };
  };
}

async function fromAssembler(videoId: string): Promise<Seen> {
  const { http, answer } = await post(urls.assembler, { video_id: videoId });
  if (answer.status === 'success') return { shown: 'completed', end: 'completed' };
  if (http === 404 && answer.code === 'last-block-missing') return { shown: 'generating' };
  if (http === 200 || http === 503) return { shown: answer.status ?? 'processing' };
  return { shown: `${http} ${answer.code ?? ''}`.trim(), end: 'failed' };
}

const look = values.project === undefined ? fromAssembler : await fromFirestore(values.project);
const row = (what: string): void => print(`${seconds(Date.now() - startedAt).padEnd(10)}${what}`);

const { theme, duration, language } = values;
const asked = { theme, target_duration: Number(duration), ...(language === undefined ? {} : { language }) };
const { http, answer } = await post(urls.script, asked);
if (answer.video_id === undefined)
  throw new Error(`The script function answered ${http} (${answer.code ?? answer.message ?? ''}).`);
row(`${answer.video_id}: ${answer.blocks_generated ?? 0} blocks, ${answer.status}`);

let seen: Seen = { shown: '' };
for (const end = startedAt + Number(values.patience) * 60_000; seen.end === undefined && Date.now() < end; ) {
  const next = await look(answer.video_id);
  if (next.shown !== seen.shown) row(next.shown);
  seen = next;
  if (seen.end === undefined) await sleep(Number(values.every) * 1000);
}
const took = Math.round((Date.now() - startedAt) / 100) / 10;
// Asked at the end alone: a completed film answers at once.
const final =
  seen.end === 'completed' ? (await post(urls.assembler, { video_id: answer.video_id })).answer.final_url : null;
const status = seen.end ?? 'timeout';
print(
  JSON.stringify({
    status,
    video_id: answer.video_id,
    blocks: answer.blocks_generated ?? 0,
    seconds: took,
    final_url: final ?? null,
  }),
);
process.exitCode = status === 'completed' ? 0 : 1;
