/** What other programs wrote into the two documents, in the core's words. Tolerant: fields may be missing, times may be ISO strings. */
import { createHash } from 'node:crypto';
import { canonical, type Json, type JsonObject } from '../../core/json.ts';
import { paths } from '../../core/paths.ts';
import type { Foreign, ForeignBlock } from '../../core/ports.ts';
import { OWN_KEY } from './legacy-projection.ts';

/** The two documents as they are; undefined where there is none. */
export interface LegacyContents {
  readonly status: JsonObject | undefined;
  readonly operations: JsonObject | undefined;
}

/** Fields that tell something; the others (`updated_at`, counts) change without anything having happened. */
const STATUS_FIELDS = ['status', 'final_url', 'completed_at', 'error_message'];
const OPERATIONS_FIELDS = ['status', 'operation_name', 'current_block', 'final_url', 'error_message'];
const BLOCK_FIELDS = ['block_num', 'status', 'gcs_uri', 'operation_name'];

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textIn = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const listIn = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const pick = (document: JsonObject | undefined, names: readonly string[]): Json =>
  document === undefined ? null : Object.fromEntries(names.map((name) => [name, document[name] ?? null]));

/** Identity of what the documents tell. */
export function contentHash({ status, operations }: LegacyContents): string {
  const blocks = listIn(operations?.blocks).map((block) => pick(block, BLOCK_FIELDS));
  const told = [pick(status, STATUS_FIELDS), pick(operations, OPERATIONS_FIELDS), blocks];
  return createHash('sha256').update(canonical(told)).digest('hex').slice(0, 16);
}

/** True where one of the documents has our key: a film of ours, or one that was. */
export const isOurs = ({ status, operations }: LegacyContents): boolean =>
  status?.[OWN_KEY] !== undefined || operations?.[OWN_KEY] !== undefined;

const numberIn = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

/** The block that the status names: `generating_block_N`, in older documents `bloc_N_generation`. */
function namedBlock({ status, operations }: LegacyContents): number | undefined {
  for (const text of [operations?.status, status?.current_step, status?.status]) {
    const found = /^(?:generating_block_(\d+)|bloc_(\d+)_generation)$/.exec(textIn(text) ?? '');
    if (found) return Number(found[1] ?? found[2]);
  }
  return numberIn(operations?.current_block);
}

/** The object that a URI names, where it may be the film's; else the name that the old monitor gives a block. */
function objectOf(videoId: string, block: number, uri: string | undefined): string {
  const name = uri === undefined ? undefined : /^[a-z][a-z0-9+.-]*:\/\/[^/]*\/(.+)$/.exec(uri)?.[1];
  const isFilms = name?.startsWith(`${videoId}/`) && !name.includes('/../') && name.endsWith('.mp4');
  return isFilms && name !== undefined ? name : paths.block(videoId, block);
}

/** All blocks are there: the monitor's last word, and whatever follows it. */
const isReady = ({ status, operations }: LegacyContents): boolean =>
  ['ready_for_assembly', 'completed'].includes(textIn(operations?.status) ?? '') ||
  ['assembling', 'completed'].includes(textIn(status?.status) ?? '');

function blocksOf(videoId: string, contents: LegacyContents): readonly ForeignBlock[] {
  const { operations } = contents;
  if (operations === undefined) return [];
  const entries = listIn(operations.blocks).map((entry, index) => ({
    ...entry,
    block_num: numberIn(entry.block_num) ?? numberIn(entry.bloc) ?? index + 1,
  }));
  const entryOf = (block: number): JsonObject | undefined => entries.find(({ block_num }) => block_num === block);
  const total = numberIn(operations.total_blocks) ?? entries.length;
  const current = namedBlock(contents) ?? 0;
  const finished = isReady(contents) ? total : Math.max(0, current - 1);
  return Array.from({ length: Math.max(total, current) }, (_, index): ForeignBlock => {
    const block = index + 1;
    const entry = entryOf(block);
    const isDone = block <= finished || entry?.status === 'completed';
    const newest = block === current && !isDone ? textIn(operations.operation_name) : undefined;
    const operation = newest ?? textIn(entry?.operation_name);
    return {
      block,
      ...(operation === undefined ? {} : { operation }),
      ...(isDone ? { object: objectOf(videoId, block, textIn(entry?.gcs_uri)) } : {}),
    };
  }).filter(({ operation, object }) => operation !== undefined || object !== undefined);
}

/** What the documents tell about a film. */
export function foreignOf(videoId: string, contents: LegacyContents): Foreign {
  const { status, operations } = contents;
  const isCompleted = status?.status === 'completed' || operations?.status === 'completed';
  const finalUri = isCompleted
    ? (textIn(status?.final_url) ?? textIn(operations?.final_url) ?? paths.final(videoId))
    : undefined;
  const hasFailed = !isCompleted && (status?.status === 'error' || operations?.status === 'failed');
  const error = hasFailed
    ? (textIn(status?.error_message) ?? textIn(operations?.error_message) ?? 'Another function gave up on the film.')
    : undefined;
  return {
    blocks: blocksOf(videoId, contents),
    ...(finalUri === undefined ? {} : { finalUri }),
    ...(error === undefined ? {} : { error: error.slice(0, 500) }),
  };
}
