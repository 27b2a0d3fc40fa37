/** A reader that knows the old documents and nothing else: it throws where a field is not what the old functions wrote. */
import { Timestamp } from '@google-cloud/firestore';

const STATUS_FIELDS = [
  'video_id',
  'status',
  'blocks_count',
  'duration',
  'current_step',
  'updated_at',
  'final_url',
  'completed_at',
  'error_message',
];
const OPERATIONS_FIELDS = [
  'video_id',
  'status',
  'operation_name',
  'blocks',
  'current_block',
  'total_blocks',
  'retry_count',
  'veo_version',
  'created_at',
  'updated_at',
  'final_url',
  'error_message',
];
const BLOCK_FIELDS = [
  'block_num',
  'status',
  'gcs_uri',
  'operation_name',
  'bloc',
  'dialogue',
  'visuel',
  'duration',
  'continuity',
];

type Fields = Readonly<Record<string, unknown>>;

function expectThat(isTrue: boolean, what: string, document: Fields): asserts isTrue {
  if (!isTrue) throw new Error(`${what}: ${JSON.stringify(document)}`);
}

function checkFields(document: Fields, known: readonly string[]): void {
  const unknown = Object.keys(document).filter((name) => !known.includes(name) && name !== 'reelstate');
  expectThat(unknown.length === 0, `fields that an old reader does not know (${unknown.join(', ')})`, document);
}

/** What the status document says, in one word. */
export function readStatus(document: Fields): string {
  checkFields(document, STATUS_FIELDS);
  const { status, current_step, blocks_count, duration, video_id, updated_at } = document;
  expectThat(typeof video_id === 'string', 'no video_id', document);
  expectThat(
    ['script_generated', 'generating', 'assembling', 'completed', 'error'].includes(`${status}`),
    'status',
    document,
  );
  expectThat(['script', 'video', 'assembly'].includes(`${current_step}`), 'current_step', document);
  expectThat(Number.isInteger(blocks_count) && Number.isInteger(duration), 'blocks_count or duration', document);
  expectThat(updated_at instanceof Timestamp, 'updated_at', document);
  const isCompleted = status === 'completed';
  expectThat(isCompleted === (typeof document.final_url === 'string'), 'final_url', document);
  expectThat(isCompleted === document.completed_at instanceof Timestamp, 'completed_at', document);
  expectThat((status === 'error') === (typeof document.error_message === 'string'), 'error_message', document);
  return `${status}`;
}

/** What the operations document says, in one word. */
export function readOperations(document: Fields): string {
  checkFields(document, OPERATIONS_FIELDS);
  const { status, operation_name, blocks, current_block, total_blocks, retry_count, created_at } = document;
  const isGenerating = /^generating_block_\d+$/.test(`${status}`);
  expectThat(isGenerating || ['ready_for_assembly', 'completed', 'failed'].includes(`${status}`), 'status', document);
  if (isGenerating) expectThat(status === `generating_block_${current_block}`, 'current_block', document);
  expectThat(typeof operation_name === 'string', 'operation_name', document);
  expectThat(Number.isInteger(retry_count) && typeof document.veo_version === 'string', 'retry_count', document);
  expectThat(created_at instanceof Timestamp && document.updated_at instanceof Timestamp, 'times', document);
  expectThat(Array.isArray(blocks) && blocks.length === total_blocks, 'blocks', document);
  for (const [index, block] of (blocks as readonly Fields[]).entries()) {
    checkFields(block, BLOCK_FIELDS);
    expectThat(block.block_num === index + 1 && typeof block.dialogue === 'string', 'block', block);
    expectThat(['pending', 'processing', 'completed', 'failed'].includes(`${block.status}`), 'block status', block);
    if (block.status === 'completed') expectThat(typeof block.gcs_uri === 'string', 'gcs_uri', block);
  }
  return `${status}`;
}
