/** Checks the promises from what really happened in the bucket, the database and at the vendor, never from what a pipeline says. */
import type { StoredObject } from '../../../core/ports.ts';
import type { FilmState, Take } from '../../../core/state.ts';
import { CANARY } from './calls.ts';
import type { FilmSaved, Journal, ObjectWritten, Posted, Witness } from './journal.ts';
import { OLD_MONITOR } from './old-monitor.ts';
import { createTickAudit } from './tick-audit.ts';

/** A promise that was broken. */
export interface Violation {
  /** `I1` … `I14`: docs/promises.md. */
  readonly invariant: string;
  /** What was seen. */
  readonly message: string;
  /** Virtual ms since the beginning. */
  readonly at: number;
}

export interface Auditor extends Witness {
  readonly violations: readonly Violation[];
  report(invariant: string, message: string): void;
  /** The database was replaced: what it held last is no measure any more. */
  restored(): void;
}

const TAKE = /^([^/]+)\/takes\/(\d+)-(\d+)\/(.+)$/;
const ACCEPTED = /^([^/]+)\/accepted\/(\d+)-r(\d+)\.json$/;
const BLOCK = /^([^/]+)\/block_(\d+)\.mp4$/;
const PUBLISHED = /^[^/]+\/(final\.mp4|poster\.jpg|captions\.ass)$/;

/** How far a take has come; it never goes back. */
function phase(take: Take): number {
  if (take.outcome) return take.outcome.kind === 'finished' ? 3 : 2;
  return take.operation === undefined && take.unknownSince === undefined ? 0 : 1;
}

/** What an auditor knows of the world beside its logs. */
export interface Knowledge {
  now(): number;
  journal(): Journal;
  /** False while another program's monitor launches what follows block 1. */
  isMonitorOurs(): boolean;
  /** How long after the kill switch a launch may still arrive: its window, the POST's own timeout, and what a process may stand still. */
  readonly killGraceMs: number;
  /** How many bytes the vendor's result in that place has. */
  bytesAt(place: string): number | undefined;
  /** The breaker, where the scenario sets it. */
  readonly failuresAllowed: number | undefined;
}

export function createAuditor(knowledge: Knowledge): Auditor {
  const { now, journal } = knowledge;
  const violations: Violation[] = [];
  const report = (invariant: string, message: string): void => {
    violations.push({ invariant, message, at: now() });
  };
  const generations = new Map<string, string[]>();
  const marked = new Map<string, { readonly round: number; readonly token: string }[]>();
  const saved = savedChecks(report, knowledge);
  const ticks = createTickAudit(report);
  return {
    violations,
    report,
    restored: () => {
      saved.restored();
      ticks.restored();
    },
    saved: (entry) => {
      saved.check(entry);
      ticks.saved(entry);
    },
    claimed: ticks.claimed,
    ticked: ticks.ticked,
    posted: (entry) => checkPost(entry, journal(), report, knowledge),
    removed: (name) => report('I3', `${name} was removed`),
    written: (entry) => {
      checkObject(entry, generations, marked, journal(), report);
      checkWhole(entry.object, knowledge, report);
    },
  };
}

// ── The database ─────────────────────────────────────────────────────────────────────────────────────────────────────

function savedChecks(report: Auditor['report'], knowledge: Knowledge) {
  let isFresh = true;
  const check = ({ by, film, before, ifRevision }: FilmSaved): void => {
    const label = `${film.videoId} by ${by}`;
    if ((before?.revision ?? null) !== ifRevision && !isFresh) report('I9', `a stale write of ${label} was accepted`);
    isFresh = false;
    if (JSON.stringify(film).includes(CANARY)) report('I13', `a secret is in the state of ${label}`);
    checkBreaker(film, before?.film, knowledge, report);
    if (film.rebuilt && !before?.film.rebuilt) return void checkRebuilt(label, film, knowledge.journal(), report);
    if (before === undefined) return;
    const old = before.film;
    if (film.commands.length < old.commands.length) report('I2', `${label} lost a command`);
    const hasCommand = film.commands.length > old.commands.length;
    if ((old.status === 'completed' || old.status === 'cancelled') && film.status !== old.status && !hasCommand) {
      report('I2', `${label} went from ${old.status} to ${film.status}`);
    }
    for (const block of old.blocks) {
      const after = film.blocks[block.block - 1];
      if (after === undefined || after.round < block.round)
        report('I2', `${label} lost block ${block.block}, or its round`);
      if (after?.round === block.round && block.accepted && after.accepted?.token !== block.accepted.token) {
        report('I3', `${label} shows another take of block ${block.block} in the same round`);
      }
      for (const take of block.takes)
        checkTake(
          label,
          block.block,
          take,
          after?.takes.find((other) => other.take === take.take),
          report,
        );
    }
  };
  return {
    check,
    restored: () => {
      isFresh = true;
    },
  };
}

/** A film from its bucket knows of everything that was bought. */
function checkRebuilt(label: string, film: FilmState, { posted }: Journal, report: Auditor['report']): void {
  for (const { place, operation } of posted) {
    const [, videoId, block, number] = TAKE.exec(`${place}x`) ?? [];
    if (videoId !== film.videoId || operation === undefined) continue;
    const take = film.blocks[Number(block) - 1]?.takes.find((candidate) => candidate.take === Number(number));
    if (take === undefined) report('I14', `${label} was rebuilt without take ${number} of block ${block}`);
  }
}

/** After so many failures within ten minutes nobody intends a launch. */
function checkBreaker(
  film: FilmState,
  before: FilmState | undefined,
  { journal, failuresAllowed }: Knowledge,
  report: Auditor['report'],
): void {
  if (failuresAllowed === undefined || film.rebuilt) return;
  const known = new Set(before?.blocks.flatMap((block) => block.takes.map(({ token }) => token)));
  const isNew = film.blocks.some((block) => block.takes.some(({ token }) => !known.has(token)));
  if (!isNew) return;
  const windowOf = (at: number): number => Math.floor(at / 600_000);
  const films = [...journal().films.values()]
    .map((kept) => kept.film)
    .filter(({ videoId }) => videoId !== film.videoId);
  const failures = [...films, film]
    .flatMap((each) => each.blocks.flatMap((block) => block.takes))
    .filter(({ outcome }) => outcome?.kind === 'failed' || outcome?.kind === 'lost')
    .filter(({ outcome }) => windowOf(outcome?.at ?? 0) === windowOf(film.updatedAt));
  if (failures.length >= failuresAllowed)
    report('I5', `${film.videoId} intends a launch after ${failures.length} failures within ten minutes`);
}

function checkTake(label: string, block: number, old: Take, take: Take | undefined, report: Auditor['report']): void {
  const which = `take ${old.take} of block ${block} of ${label}`;
  if (take?.token !== old.token) return void report('I2', `${which} is gone, or another one`);
  if (phase(take) < phase(old)) report('I2', `${which} went back`);
  if (old.operation !== undefined && take.operation !== old.operation) report('I2', `${which} changed its operation`);
  if (
    old.outcome &&
    take.outcome?.kind !== old.outcome.kind &&
    !(old.outcome.kind === 'lost' && take.outcome?.kind === 'finished')
  ) {
    report('I2', `${which} changed its outcome from ${old.outcome.kind} to ${take.outcome?.kind ?? 'none'}`);
  }
}

// ── The vendor ───────────────────────────────────────────────────────────────────────────────────────────────────────

const isPaidFor = (take: Take): boolean => take.charge !== 'not-charged';

export function committed(film: FilmState): number {
  const takes = film.blocks.flatMap((block) => block.takes).filter(isPaidFor);
  const calls = film.calls.filter((call) => call.charge !== 'not-charged');
  return [...takes, ...calls].reduce((sum, entry) => sum + entry.microUsd, 0);
}

function checkPost(post: Posted, journal: Journal, report: Auditor['report'], knowledge: Knowledge): void {
  // What the other program buys is its own.
  if (post.by === OLD_MONITOR) return;
  if (journal.killedAt !== undefined && post.at > journal.killedAt + knowledge.killGraceMs)
    report('I5', `a launch into ${post.place} by ${post.by} while the kill switch is on`);
  const match = TAKE.exec(`${post.place}x`);
  if (match === null) return void report('I7', `a launch into ${post.place}, which is no take's place`);
  const [videoId = '', block, number] = [match[1], Number(match[2]), Number(match[3])];
  const label = `the launch of take ${number} of block ${block} by ${post.by}`;
  if (block > 1 && !knowledge.isMonitorOurs()) report('I7', `${label} is another program's to make`);
  const before = journal.posted.filter((other) => other.place === post.place);
  if (before.length > 1) report('I7', `${label} was posted ${before.length} times`);
  const intent = journal.objects.get(`${post.place}intent.json`);
  if (intent === undefined) report('I7', `${label} has no intent.json`);
  if (intent?.metadata.tombstone !== undefined) report('I7', `${label} has a tombstone`);
  const film = journal.present(videoId)?.film;
  const take = film?.blocks[block - 1]?.takes.find((candidate) => candidate.take === number);
  if (film === undefined || take === undefined) return void report('I7', `${label} has no intent in the database`);
  if (intent && intent.metadata.token !== take.token) report('I7', `${label} has the intent of another database`);
  if (!isPaidFor(take)) report('I5', `${label} has no reservation`);
  if (committed(film) > film.capMicroUsd) report('I5', `${label} goes past the cap`);
  const paid = journal.posted
    .filter((other) => other.place.startsWith(`${videoId}/`))
    .reduce((sum, other) => sum + other.paidMicroUsd, 0);
  if (paid > committed(film)) report('I5', `${label}: ${paid} paid, ${committed(film)} in the ledger`);
  if (post.extends) checkChain(post, videoId, film, take, journal, report);
}

/** I8: what is extended is a take of the block before whose acceptance was fixed; a new round may open while the launch is on its way. */
function checkChain(
  post: Posted,
  videoId: string,
  film: FilmState,
  take: Take,
  journal: Journal,
  report: Auditor['report'],
): void {
  const before = film.blocks.find((block) => block.takes.some((other) => other.token === take.from));
  const from = before?.takes.find((other) => other.token === take.from);
  const label = `the launch into ${post.place} by ${post.by}`;
  const marks = Array.from({ length: before?.round ?? 0 }, (_, index) =>
    journal.objects.get(`${videoId}/accepted/${before?.block}-r${index + 1}.json`),
  );
  if (!marks.some((mark) => mark !== undefined && mark.metadata.token === take.from)) {
    report('I8', `${label} extends a take whose acceptance is not fixed`);
  }
  if (post.extends?.revision !== from?.output?.revision || !post.extends?.uri.endsWith(from?.output?.name ?? '?')) {
    report('I8', `${label} extends something else than the accepted video`);
  }
  const there = from?.output && journal.objects.get(from.output.name);
  if (there?.revision !== from?.output?.revision) report('I8', `${label} extends a version that is not there any more`);
}

// ── The bucket ───────────────────────────────────────────────────────────────────────────────────────────────────────

function checkObject(
  { by, object, replaced }: ObjectWritten,
  generations: Map<string, string[]>,
  marked: Map<string, { readonly round: number; readonly token: string }[]>,
  journal: Journal,
  report: Auditor['report'],
): void {
  const { name } = object;
  const token = object.metadata.token ?? '';
  if (JSON.stringify(object).includes(CANARY)) report('I13', `a secret is in ${name}`);
  const place = TAKE.exec(name);
  if (place) {
    if (replaced !== null && by !== 'vendor') report('I3', `${name} was replaced by ${by}`);
    checkPlace(object, journal, report);
    return;
  }
  const accepted = ACCEPTED.exec(name);
  if (accepted) {
    if (replaced !== null) report('I3', `${name} was replaced by ${by}`);
    const key = `${accepted[1]}/${accepted[2]}`;
    marked.set(key, [...(marked.get(key) ?? []), { round: Number(accepted[3]), token }]);
  }
  const block = BLOCK.exec(name);
  if (block && by === OLD_MONITOR) return;
  if (block) {
    const rounds = marked.get(`${block[1]}/${block[2]}`) ?? [];
    const own = rounds.filter((mark) => mark.token === token).at(-1);
    if (own === undefined) report('I3', `${name} shows a take that was not accepted, by ${by}`);
    const earlier = generations.get(name) ?? [];
    const latest = Math.max(0, ...rounds.filter((mark) => earlier.includes(mark.token)).map((mark) => mark.round));
    if (own && own.round < latest) report('I3', `${name} went back to round ${own.round} by ${by}`);
  }
  if (block || PUBLISHED.test(name)) {
    const tokens = generations.get(name) ?? [];
    if (tokens.at(-1) === token) report('I3', `${name} was written twice for the same content, by ${by}`);
    generations.set(name, [...tokens, token]);
  }
}

/** Half a film is never accepted, and never published. */
function checkWhole({ name, size, metadata }: StoredObject, knowledge: Knowledge, report: Auditor['report']): void {
  const { objects } = knowledge.journal();
  const [, videoId, block] = BLOCK.exec(name) ?? ACCEPTED.exec(name) ?? [];
  if (videoId === undefined || metadata.take === undefined) return;
  const place = `${videoId}/takes/${block}-${metadata.take}/`;
  const whole = knowledge.bytesAt(place);
  if (whole === undefined) return;
  if (BLOCK.test(name) && size !== whole) report('I4', `${name} has ${size} bytes of ${whole}`);
  const accepted = [...objects.values()].find(
    (object) => object.name.startsWith(place) && object.name.endsWith('.mp4'),
  );
  if (accepted?.size !== whole) report('I4', `${name} accepts ${accepted?.size ?? 0} bytes of ${whole}`);
}

/** Marks in a take's place all belong to one take. */
function checkPlace({ name, metadata }: StoredObject, journal: Journal, report: Auditor['report']): void {
  if (name.endsWith('.mp4') || name.endsWith('/intent.json')) return;
  const intent = journal.objects.get(`${name.slice(0, name.lastIndexOf('/'))}/intent.json`);
  if (intent && intent.metadata.token !== metadata.token)
    report('I7', `${name} belongs to another take than its intent.json`);
}
