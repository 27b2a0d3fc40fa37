import { describe, expect, test } from 'vitest';
import { shortVersion } from '../../src/adapters/google-cloud/legacy-projection.ts';
import { contentHash, foreignOf, isOurs, type LegacyContents } from '../../src/adapters/google-cloud/legacy-reading.ts';

const ID = 'film_0001';
const block = (block_num: number, more: Record<string, string | number> = {}) => ({
  block_num,
  status: 'pending',
  ...more,
});
const contents = (operations?: object, status?: object): LegacyContents =>
  ({ operations, status }) as unknown as LegacyContents;

describe('what other programs wrote', () => {
  test('nothing at all tells nothing', () => {
    expect(foreignOf(ID, contents())).toEqual({ blocks: [] });
    expect(foreignOf(ID, contents(undefined, { status: 'script_generated' }))).toEqual({ blocks: [] });
  });

  test('the operation of the block that is made, and the objects of those before it', () => {
    const operations = {
      status: 'generating_block_2',
      operation_name: 'operations/2',
      current_block: 2,
      total_blocks: 3,
      blocks: [block(1, { status: 'completed', gcs_uri: `gs://b/${ID}/block_1.mp4` }), block(2), block(3)],
    };
    expect(foreignOf(ID, contents(operations))).toEqual({
      blocks: [
        { block: 1, object: `${ID}/block_1.mp4` },
        { block: 2, operation: 'operations/2' },
      ],
    });
  });

  test('older documents: bloc_N_generation, generating_video, times as text, no list of blocks', () => {
    const operations = { status: 'processing', operation_name: 'operations/3', created_at: '2026-01-31T12:00:00Z' };
    const status = {
      status: 'generating_video',
      current_step: 'bloc_3_generation',
      updated_at: '2026-01-31T12:00:00Z',
    };
    expect(foreignOf(ID, contents(operations, status))).toEqual({
      blocks: [
        { block: 1, object: `${ID}/block_1.mp4` },
        { block: 2, object: `${ID}/block_2.mp4` },
        { block: 3, operation: 'operations/3' },
      ],
    });
  });

  test('an entry that is completed while the status still names it has no operation to follow', () => {
    const operations = {
      status: 'generating_block_1',
      operation_name: 'operations/1',
      total_blocks: 1,
      blocks: [block(1, { status: 'completed' })],
    };
    expect(foreignOf(ID, contents(operations))).toEqual({ blocks: [{ block: 1, object: `${ID}/block_1.mp4` }] });
  });

  test('ready_for_assembly: every block is there', () => {
    const operations = { status: 'ready_for_assembly', operation_name: 'operations/2', total_blocks: 2 };
    expect(foreignOf(ID, contents(operations)).blocks.map(({ object }) => object)).toEqual([
      `${ID}/block_1.mp4`,
      `${ID}/block_2.mp4`,
    ]);
  });

  test.each([
    ['another film’s folder', 'gs://b/film_0002/block_1.mp4'],
    ['a way out of the folder', `gs://b/${ID}/../film_0002/block_1.mp4`],
    ['no video', `gs://b/${ID}/script_v2.json`],
    ['no URI', 'block_1.mp4'],
  ])('a block’s URI that is %s is not believed', (_what, gcs_uri) => {
    const operations = {
      status: 'generating_block_2',
      total_blocks: 2,
      blocks: [block(1, { status: 'completed', gcs_uri })],
    };
    expect(foreignOf(ID, contents(operations)).blocks[0]).toEqual({ block: 1, object: `${ID}/block_1.mp4` });
  });

  test('the end, good or bad', () => {
    const final_url = `gs://b/${ID}/final.mp4`;
    expect(foreignOf(ID, contents(undefined, { status: 'completed', final_url })).finalUri).toBe(final_url);
    expect(foreignOf(ID, contents({ status: 'completed', final_url })).finalUri).toBe(final_url);
    expect(foreignOf(ID, contents({ status: 'failed', error_message: 'no' })).error).toBe('no');
    expect(foreignOf(ID, contents(undefined, { status: 'error' })).error).toBeDefined();
    expect(foreignOf(ID, contents({ status: 'failed' }, { status: 'completed', final_url })).error).toBeUndefined();
  });

  test('junk in every field tells nothing and throws nothing', () => {
    const junk = { status: 7, operation_name: {}, blocks: 'x', current_block: -1, total_blocks: 'many' };
    expect(foreignOf(ID, contents(junk, { status: [], final_url: 3 }))).toEqual({ blocks: [] });
  });

  test('a time or a count that changes alone is no news; an operation is', () => {
    const before = contents({ status: 'generating_block_1', operation_name: 'a', updated_at: 1, retry_count: 0 });
    const touched = contents({ status: 'generating_block_1', operation_name: 'a', updated_at: 2, retry_count: 1 });
    const launched = contents({ status: 'generating_block_1', operation_name: 'b', updated_at: 2 });
    expect(contentHash(touched)).toBe(contentHash(before));
    expect(contentHash(launched)).not.toBe(contentHash(before));
  });

  test('a document with our key is ours', () => {
    expect(isOurs(contents({ reelstate: {} }))).toBe(true);
    expect(isOurs(contents({ status: 'completed' }, { status: 'completed' }))).toBe(false);
  });
});

test.each([
  ['veo-3.1-fast-generate-001', '3.1-fast'],
  ['veo-3.1-generate-preview', '3.1'],
  ['veo-3.1-fast-generate', '3.1-fast'],
  ['gemini-omni-flash', 'gemini-omni-flash'],
])('veo_version of %s is %s', (id, version) => {
  expect(shortVersion(id)).toBe(version);
});
