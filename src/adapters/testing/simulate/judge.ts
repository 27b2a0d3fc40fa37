/** The last look, when everybody else is gone and nothing goes wrong any more. */
import { CANARY } from './calls.ts';
import { auditAtRest } from './final-audit.ts';
import type { Scenario } from './scenario.ts';
import { type Host, JUDGE, type Stage } from './stage.ts';

const MAX_ROUNDS = 50;

/** Brings a film to rest and checks it. */
async function judgeFilm(stage: Stage, judge: Host, videoId: string, scenario: Scenario): Promise<void> {
  const { auditor, recorder } = stage;
  const { pipeline, process } = judge;
  if (recorder.present(videoId) === undefined) return;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = recorder.saved.length;
    const answer = await pipeline.advance(videoId);
    if (answer.status !== 'waiting' && recorder.saved.length === before) break;
    await process.clock.sleep(60_000);
  }
  const happened = () => recorder.saved.length + recorder.written.length + recorder.posted.length;
  const before = happened();
  const first = JSON.stringify(await pipeline.advance(videoId));
  const second = JSON.stringify(await pipeline.advance(videoId));
  if (first !== second) auditor.report('I10', 'two answers about a film at rest differ');
  if (happened() > before) auditor.report('I10', `${happened() - before} writes for a film at rest`);
  const film = recorder.present(videoId)?.film;
  if (film === undefined) return;
  const view = await pipeline.get(videoId);
  if (JSON.stringify(view).includes(CANARY)) auditor.report('I13', 'a secret is in the film’s view');
  const { storage } = stage;
  const operations = [...stage.vendor.operations.values()].filter(({ place }) => place.startsWith(`${videoId}/`));
  const posted = recorder.posted.filter(({ place }) => place.startsWith(`${videoId}/`));
  await auditAtRest({ film, view, scenario, journal: recorder, operations, posted, storage }, auditor.report);
}

export async function judgeAll(
  stage: Stage,
  films: readonly string[],
  scenario: Scenario,
  limits: { readonly maxMs: number; readonly maxEvents: number },
): Promise<void> {
  const { world, auditor } = stage;
  stage.stop();
  const judge = stage.host(JUDGE);
  let isDone = false;
  const look = async () => {
    for (const videoId of films) await judgeFilm(stage, judge, videoId, scenario);
  };
  look()
    .catch((error) => auditor.report('I1', `the last look failed: ${String(error)}`))
    .finally(() => {
      isDone = true;
    });
  await world.run(() => isDone, limits);
  if (!isDone) auditor.report('I1', 'the last look never ended');
  if (stage.lines.some((line) => line.includes(CANARY))) auditor.report('I13', 'a secret was logged');
}
