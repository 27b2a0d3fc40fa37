import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { takeOver } from '../../src/admin/index.ts';
import { createPipeline } from '../../src/core/pipeline.ts';
import type { Role } from '../../src/core/ports.ts';
import { emulatorForTests } from '../support/firestore-emulator.ts';
import { studio } from '../support/studio.ts';
import { OLD } from './old-functions.ts';
import { type Owners, town } from './town.ts';

const emulator = await emulatorForTests();
afterAll(async () => {
  await emulator?.stop();
});

const ROLES: readonly Role[] = ['script', 'video', 'monitor', 'assembler'];
const MIXES: readonly Owners[] = Array.from(
  { length: 16 },
  (_, bits) => Object.fromEntries(ROLES.map((role, index) => [role, (bits & (8 >> index)) !== 0])) as unknown as Owners,
);
const nameOf = (owns: Owners): string => ROLES.map((role) => `${role} ${owns[role] ? 'new' : 'old'}`).join(', ');

/** The words of `all` in their order, some of them left out. */
const follows = (words: readonly string[], all: readonly string[]): boolean => {
  let at = -1;
  return words.every((word) => {
    const next = all.indexOf(word, at + 1);
    at = next;
    return next >= 0;
  });
};

describe.skipIf(emulator === undefined)('a film that old and new functions make together', () => {
  for (const owns of MIXES) {
    test(nameOf(owns), async () => {
      const place = town(emulator?.host ?? '', { owns });
      const videoId = 'film_0001';
      try {
        await place.begin(videoId);
        const isCompleted = async () => (await place.documents(videoId)).status?.status === 'completed';
        await place.run(videoId, async () => !Object.values(owns).some(Boolean) && (await isCompleted()));
        await place.read(videoId);

        const { status, operations } = await place.documents(videoId);
        expect(status).toMatchObject({ status: 'completed', blocks_count: 2, duration: 15 });
        expect(operations).toMatchObject({ status: 'completed', total_blocks: 2, veo_version: '3.1-fast' });
        expect(await place.storage.head(`${videoId}/final.mp4`)).toBeDefined();
        // Two blocks, two launches, each by whoever owns it.
        const by = place.video.books.map(({ request }) => request.labels.by === OLD);
        expect(by).toEqual([!owns.video, !owns.monitor]);
        expect(follows(place.seen.status, ['script_generated', 'generating', 'assembling', 'completed'])).toBe(true);
        const inOrder = ['generating_block_1', 'generating_block_2', 'ready_for_assembly', 'completed'];
        expect(follows(place.seen.operations, inOrder)).toBe(true);
      } finally {
        await place.close();
      }
    });
  }
});

test('docs/migration.md has a row for each of them', () => {
  const page = readFileSync(new URL('../../docs/migration.md', import.meta.url), 'utf8');
  const rows = MIXES.map((owns) => `| ${ROLES.map((role) => (owns[role] ? 'new' : 'old')).join(' | ')} | supported |`);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test('each function has one owner, and takeOver says what it took', async () => {
  const { clock, state, storage, video } = studio();
  const ports = { clock, state, storage, video };
  const films = createPipeline({ ...ports, owns: { script: false, video: false, monitor: true, assembler: false } });
  const { taken, refused } = await takeOver(films, { limit: 20, language: 'fr' });
  expect([taken, refused]).toEqual([[], []]);
});
