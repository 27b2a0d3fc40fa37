import type { CreateInput } from '../core/input.ts';
import type { Film } from '../core/view.ts';
import { type FunctionContext, MAX_REQUEST } from './context.ts';
import { type Handler, json, parseObject, Refusal, readBody } from './http.ts';

type Fields = Readonly<Record<string, unknown>>;

const optional = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new Refusal(400, `invalid-${name.replaceAll('_', '-')}`);
};

function durationOf({ target_duration: duration }: Fields): number | undefined {
  if (duration === undefined || duration === null) return undefined;
  const seconds = typeof duration === 'string' && duration.trim() !== '' ? Number(duration) : duration;
  if (typeof seconds === 'number') return seconds;
  throw new Refusal(400, 'invalid-duration');
}

/** `theme, video_id?, target_duration?` as the functions before us took them, `language?` and `style?` besides. */
function inputOf(fields: Fields, defaults: FunctionContext['defaults']): CreateInput {
  const theme = optional(fields, 'theme');
  if (theme === undefined) throw new Refusal(400, 'theme-missing');
  const videoId = optional(fields, 'video_id');
  const durationSeconds = durationOf(fields);
  const language = optional(fields, 'language');
  const style = optional(fields, 'style');
  return {
    ...defaults,
    theme,
    ...(videoId === undefined ? {} : { videoId }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(language === undefined ? {} : { language }),
    ...(style === undefined ? {} : { style }),
  };
}

/** What is wrong with the input is in the request, so the caller is told its code. */
async function checked({ films }: FunctionContext, input: CreateInput): Promise<CreateInput> {
  try {
    await films.estimate(input);
    return input;
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    throw new Refusal(400, typeof code === 'string' ? code : 'invalid-request');
  }
}

function answerOf(film: Film): Response {
  const { videoId, blocks, durationMs, script } = film;
  const answer = { video_id: videoId, blocks_generated: script?.blocks.length ?? 0, duration: durationMs / 1000 };
  if (film.status === 'failed') return json(500, { status: 'error', ...answer, code: film.error.code });
  if (script === undefined) {
    return json(200, {
      status: 'processing',
      ...answer,
      message: `A script of ${blocks.length} blocks is being written.`,
    });
  }
  const isWaiting = film.status === 'needs-input';
  const message = isWaiting ? `It waits for a person: ${film.reason.code}.` : 'The script is written.';
  return json(200, { status: 'success', ...answer, message });
}

/** `POST {"theme", "video_id"?, "target_duration"?}`: asks for a film and writes its script. */
export function scriptFunction(context: FunctionContext): Handler {
  const { films, defaults, advanceMs, nudges } = context;
  return async (request) => {
    const fields = parseObject(await readBody(request, MAX_REQUEST));
    const input = await checked(context, inputOf(fields, defaults));
    const { videoId } = await films.create(input);
    const film = await films.advance(videoId, { budgetMs: advanceMs });
    await nudges.film(videoId);
    return answerOf(film);
  };
}
