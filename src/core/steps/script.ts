import { scriptHash } from '../commands.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import type { Step, Task } from '../machine.ts';
import { isTaken } from '../marks.ts';
import { llmTokens, reserveCall, settleCalls } from '../paid-call.ts';
import { paths } from '../paths.ts';
import { isPublished, publishText } from '../publish.ts';
import { checkRenderable } from '../renderable.ts';
import {
  checkScript,
  SCRIPT_INSTRUCTIONS,
  scriptDocument,
  scriptRequest,
  scriptSchema,
  type WrittenScript,
} from '../script.ts';
import type { FilmState } from '../state.ts';
import { followed } from './follow.ts';

const WRITE = 'script';
const PUBLISH = 'script-document';

async function ask(film: FilmState, context: Context, problem?: string) {
  const { llm } = context.ports;
  if (llm === undefined) throw new RangeError('the script step needs a language model');
  const { seed } = film.input;
  const answer = await llm.generate({
    instructions: SCRIPT_INSTRUCTIONS,
    input: scriptRequest(film, problem),
    schema: scriptSchema(film.plan.length),
    signal: context.signal,
    ...(seed === undefined ? {} : { seed }),
  });
  return { ...answer, microUsd: llm.price(answer.usage) };
}

/** A script that fits; an answer that does not is asked for once more, with what was wrong with it. */
async function written(
  film: FilmState,
  context: Context,
): Promise<{ script: WrittenScript; text: string; microUsd: number }> {
  const first = await ask(film, context);
  try {
    return { script: checkScript(first.value, film), text: first.text, microUsd: first.microUsd };
  } catch (error) {
    if (!ReelstateError.is(error)) throw error;
    const second = await ask(film, context, error.message);
    return { script: checkScript(second.value, film), text: second.text, microUsd: first.microUsd + second.microUsd };
  }
}

/** Keeps the model's own text until the script is published: by its hash, so that no other writer's can take its place. */
async function keepRawText(film: FilmState, hash: string, text: string, context: Context): Promise<void> {
  const options = { ifRevision: null, contentType: 'text/plain; charset=utf-8', signal: context.signal };
  await context.ports.storage.put(paths.rawScript(film.videoId, hash), text, options).catch((error) => {
    if (!isTaken(error)) throw error;
  });
}

async function publishScript(film: FilmState, context: Context): Promise<readonly Fact[]> {
  const { videoId, script } = film;
  const token = script?.hash ?? '';
  const isWanted = (present: FilmState): boolean => present.script?.hash === token;
  const kept = await context.ports.storage.text(paths.rawScript(videoId, token));
  const rawText = kept?.text ?? (script?.blocks ?? []).map((block) => block.dialogue).join('\n');
  const body = scriptDocument(film, rawText, context.now());
  const raw = {
    name: paths.scriptText(videoId),
    body: rawText,
    contentType: 'text/plain; charset=utf-8',
    token,
    isShared: true,
  };
  const document = { name: paths.script(videoId), body, contentType: 'application/json', token, isShared: true };
  const rawFacts = await publishText(film, raw, isWanted, context);
  return [...rawFacts, ...(await publishText(film, document, isWanted, context))];
}

const writeTask = (film: FilmState): Task => ({
  id: WRITE,
  role: 'script',
  input: `${film.revision.number}`,
  kind: 'work',
  light: false,
  claim: (present, context) => {
    const tokens = llmTokens(present.plan.length);
    return reserveCall(WRITE, 'llm', 2 * (context.ports.llm?.price(tokens) ?? 0), context);
  },
  async perform(present, context) {
    const { script, text, microUsd } = await written(present, context);
    const complete = { ...script, hash: scriptHash(script.blocks) };
    await checkRenderable({ ...present, script: complete }, context.ports.media);
    await keepRawText(present, complete.hash, text, context);
    const facts: readonly Fact[] = [
      ...settleCalls(present, WRITE, microUsd),
      { type: 'script-written', script: complete, revision: present.revision.number },
    ];
    // Another program begins with the document: only once the state says whose script it is.
    return context.settings.owns.video ? followed(present, facts, PUBLISH, context) : facts;
  },
});

const publishTask = (hash: string): Task => ({
  id: PUBLISH,
  role: 'script',
  // Needs no language model.
  alsoRoles: ['monitor'],
  input: hash,
  kind: 'work',
  light: false,
  perform: publishScript,
});

const needsWriting = (film: FilmState): boolean => film.script === undefined || film.revision.notes !== undefined;

/** The script: written by the language model, or a person's own; published as `script_v2.json`. */
export const scriptStep = (): Step => ({
  name: 'script',
  after: [],
  isDone: (film) => !needsWriting(film) && isPublished(film, paths.script(film.videoId), film.script?.hash ?? ''),
  tasks: (film) => {
    if (needsWriting(film)) return [writeTask(film)];
    const hash = film.script?.hash ?? '';
    return isPublished(film, paths.script(film.videoId), hash) ? [] : [publishTask(hash)];
  },
});

/** What is only cut is not approved again. */
const needsApproval = (film: FilmState): boolean => film.input.approval && film.finish === undefined;

/** A person approves the script's words and the film's price, where `create` asked for it. */
export const approvalStep = (): Step => ({
  name: 'approval',
  after: ['script'],
  isDone: (film) => !needsApproval(film) || (film.script !== undefined && film.approved === film.script.hash),
  tasks: () => [],
  asks: (film) => {
    const { script } = film;
    if (
      !needsApproval(film) ||
      script === undefined ||
      film.revision.notes !== undefined ||
      film.approved === script.hash
    )
      return undefined;
    return {
      code: 'approval',
      message: `The script waits for approval; the film costs about $${(film.estimateMicroUsd / 1e6).toFixed(2)}.`,
      commands: ['approve', 'revise', 'cancel'],
      scriptHash: script.hash,
    };
  },
});
