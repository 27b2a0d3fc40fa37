/** What must be true once everything has come to rest. */
import type { StateStore, Storage } from '../../../core/ports.ts';
import { type FilmState, filmPlan, isForeign, type Take } from '../../../core/state.ts';
import type { FilmView } from '../../../core/view.ts';
import { saidIn } from '../../memory/tiny-mp4.ts';
import { type Auditor, committed } from './auditor.ts';
import type { Journal, Posted } from './journal.ts';
import type { Scenario } from './scenario.ts';
import type { Operation } from './vendor.ts';

export interface AtRest {
  readonly film: FilmState;
  readonly view: FilmView;
  readonly scenario: Scenario;
  readonly journal: Journal;
  /** What the vendor started for this film. */
  readonly operations: readonly Operation[];
  readonly posted: readonly Posted[];
  readonly storage: Storage;
}

export async function auditAtRest(rest: AtRest, report: Auditor['report']): Promise<void> {
  auditEnd(rest, report);
  auditMoney(rest, report);
  if (rest.film.status === 'completed') {
    auditPublished(rest, report);
    await auditFinalCut(rest, report);
  }
}

function auditEnd({ film, scenario }: AtRest, report: Auditor['report']): void {
  const ends: readonly string[] = scenario.ends ?? ['completed'];
  const end = film.needsInput?.code ?? (film.failure && `failed: ${film.failure.code}`) ?? film.status;
  if (ends.includes(film.status) || ends.includes(end)) return;
  const why = film.failure?.code ?? film.needsInput?.message ?? '';
  report(
    'I1',
    `the film ended as ${film.status} ${film.needsInput?.code ?? ''} (${why}), expected ${ends.join(' or ')}`,
  );
}

/** The film's take that an operation belongs to: the one whose intent lies in its place. */
function takeOf(film: FilmState, operation: Operation, journal: Journal): Take | undefined {
  const takes = film.blocks[operation.block - 1]?.takes ?? [];
  const known = takes.find((take) => isForeign(take) && take.operation === operation.name);
  if (known) return known;
  const token = journal.objects.get(`${operation.place}intent.json`)?.metadata.token;
  return film.blocks[operation.block - 1]?.takes.find((take) => take.take === operation.take && take.token === token);
}

function auditMoney({ film, view, posted, operations, journal }: AtRest, report: Auditor['report']): void {
  let paid = 0;
  for (const operation of operations) {
    paid += operation.paidMicroUsd;
    const take = takeOf(film, operation, journal);
    const label = `${operation.name} (take ${operation.take} of block ${operation.block})`;
    if (take === undefined) {
      if (film.needsInput?.code !== 'rebuild') report('I14', `${label} is nowhere in the film`);
      continue;
    }
    if (operation.paidMicroUsd > 0 && take.charge === 'not-charged')
      report('I5', `${label} was paid and counts as free`);
    if (operation.paidMicroUsd > take.microUsd) report('I5', `${label} cost more than its take says`);
    if (take.outcome?.kind === 'released') report('I5', `${label} was started although its take was released`);
    const isShown = film.blocks[operation.block - 1]?.accepted?.token === take.token;
    const isListed = view.orphans.some((orphan) => orphan.block === operation.block && orphan.take === take.take);
    if (operation.paidMicroUsd > 0 && !isShown && !isListed)
      report('I14', `${label} is paid for, not shown and not listed`);
  }
  if (film.needsInput?.code !== 'rebuild' && paid > committed(film)) {
    report('I5', `${paid} was paid, and the ledger knows of ${committed(film)}`);
  }
  const grants = film.commands.filter(({ command }) => command.type === 'resume').length + 1;
  for (const block of film.blocks) {
    for (let round = 1; round <= block.round; round += 1) {
      const launched = block.takes.filter(
        (take) =>
          take.round === round &&
          take.outcome?.kind !== 'refused' &&
          posted.some((post) => post.operation && post.place.endsWith(`/${block.block}-${take.take}/`)),
      );
      if (launched.length > film.maxAttempts * grants) {
        report('I6', `block ${block.block} was launched ${launched.length} times in round ${round}`);
      }
    }
  }
}

/** I5 over all films: what the shared budgets count is what the films hold. */
export async function auditCounters(
  films: readonly FilmState[],
  state: StateStore,
  report: Auditor['report'],
): Promise<void> {
  const takes = films.flatMap((film) => film.blocks.flatMap((block) => block.takes));
  const entries = [...takes, ...films.flatMap((film) => film.calls)].filter((entry) => entry.charge !== 'not-charged');
  const days = [...new Set(entries.map((entry) => entry.day))];
  const [underWay, ...values] = await state.counters.read([
    'launches-under-way',
    ...days.map((day) => `spend/day/${day}`),
  ]);
  for (const [index, day] of days.entries()) {
    const sum = entries.filter((entry) => entry.day === day).reduce((total, entry) => total + entry.microUsd, 0);
    if (values[index] !== sum) report('I5', `the budget of ${day} counts ${values[index]}, the films ${sum}`);
  }
  const open = takes.filter((take) => take.outcome === undefined).length;
  if (underWay !== open) report('I5', `${underWay} launches count as under way; ${open} are`);
}

function auditPublished({ film, journal, scenario }: AtRest, report: Auditor['report']): void {
  const { videoId } = film;
  for (const [name, { revision }] of Object.entries(film.published)) {
    const there = journal.objects.get(name);
    if (there?.revision !== revision) report('I3', `${name} in the bucket is not the version that the film recorded`);
  }
  if (journal.objects.get(`${videoId}/script_v2.json`)?.metadata.token !== film.script?.hash) {
    report('I3', 'script_v2.json is not the film’s script');
  }
  for (const { block } of filmPlan(film)) {
    const accepted = film.blocks[block - 1]?.accepted;
    const there = journal.objects.get(`${videoId}/block_${block}.mp4`);
    const take = film.blocks[block - 1]?.takes.find((candidate) => candidate.token === accepted?.token);
    const source = take?.output && journal.objects.get(take.output.name);
    // What another program's monitor put there says nothing of our takes; its bytes do.
    const isTheirs = scenario.oldMonitor !== undefined && there?.metadata.token === undefined;
    if (!isTheirs && there?.metadata.token !== accepted?.token)
      report('I3', `block_${block}.mp4 is not the accepted take`);
    if (there?.size !== source?.size) report('I4', `block_${block}.mp4 has other bytes than its take`);
  }
}

/** Who speaks in the final cut, in order: the accepted takes and nobody else. */
async function auditFinalCut({ film, operations, storage, journal }: AtRest, report: Auditor['report']): Promise<void> {
  const name = `${film.videoId}/final.mp4`;
  if ((await storage.head(name)) === undefined) return void report('I1', 'a completed film has no final.mp4');
  const heard = (await saidIn(storage.source(name))).map((line) => line.text).join(' | ');
  const wanted = filmPlan(film).map(({ block }) => {
    const accepted = film.blocks[block - 1]?.accepted;
    const shown = film.blocks[block - 1]?.takes.find(({ token }) => token === accepted?.token);
    const operation = operations.find((each) => each.block === block && takeOf(film, each, journal) === shown);
    return operation?.said.at(-1)?.text ?? '(no such take)';
  });
  if (heard !== wanted.join(' | ')) report('I4', `the final cut says "${heard}" instead of "${wanted.join(' | ')}"`);
}
