import { given, reader, wrongArguments } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import { metadataOf } from '../film-input.ts';
import { commandLines } from '../film-report.ts';
import { spentUsd } from '../panel.ts';
import { shorten } from '../terminal.ts';
import type { Call } from '../verb.ts';
import { money } from '../words.ts';

const COLUMNS = 80;
const DEFAULT_LIMIT = 20;
const MOST = 1000;

function limitOf(limit = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw wrongArguments(`--limit ${limit} is not possible.`, `Give a whole number from 1 to ${MOST}.`);
}

const STATUSES: readonly string[] = ['running', 'needs-input', 'failed', 'cancelled', 'completed'];

function statusOf(status: string | undefined): string | undefined {
  if (status === undefined || STATUSES.includes(status)) return status;
  throw wrongArguments(`--status '${status}' is no status.`, `Choose one of: ${STATUSES.join(', ')}.`);
}

export async function list(call: Call): Promise<number> {
  const { terminal } = call;
  const { text, texts, number } = reader(call);
  const filter = given({
    status: statusOf(text('status')),
    owner: text('owner'),
    metadata: metadataOf(texts('metadata')),
  });
  const page = { limit: limitOf(number('limit')), ...given({ after: text('after') }) };
  const { films } = await call.host();
  const { items, next } = await films.list(filter, page);
  if (call.json) {
    terminal.print(JSON.stringify({ films: items, ...given({ next }) }));
    return EXIT.done;
  }
  for (const film of items) {
    const { videoId, status } = film;
    const shown = status === 'completed' && film.partial ? 'partial' : status;
    const start = `${videoId.padEnd(30)}  ${shown.padEnd(11)}  ${money(spentUsd(film)).padStart(7)}  `;
    terminal.print(start + shorten(film.theme, Math.max(10, COLUMNS - start.length)));
  }
  if (items.length === 0) terminal.tell('No films.');
  if (next !== undefined) {
    terminal.tell('More:');
    for (const line of commandLines(call, 'list', '--after', next)) terminal.tell(line);
  }
  return EXIT.done;
}
