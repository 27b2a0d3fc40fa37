import { Timestamp } from '@google-cloud/firestore';
import { afterAll, describe, expect, test } from 'vitest';
import type { FakeOutcome } from '../../src/adapters/memory/index.ts';
import type { CreateInput } from '../../src/core/input.ts';
import type { Pipeline } from '../../src/core/pipeline.ts';
import type { Film } from '../../src/core/view.ts';
import { emulatorForTests } from '../support/firestore-emulator.ts';
import { readOperations, readStatus } from './old-reader.ts';
import { type Owners, town } from './town.ts';

const emulator = await emulatorForTests();
afterAll(async () => {
  await emulator?.stop();
});

const ALL: Owners = { script: true, video: true, monitor: true, assembler: true };
const NONE: Owners = { script: false, video: false, monitor: false, assembler: false };
const ID = 'video_20261123_093000_0a1b2c3d';

type Documents = Awaited<ReturnType<ReturnType<typeof town>['documents']>>;
type Town = ReturnType<typeof town>;

interface Scene {
  readonly title: string;
  readonly status: string;
  readonly operations?: string;
  readonly outcomes?: readonly FakeOutcome[];
  readonly maxAttempts?: number;
  readonly input?: CreateInput;
  play(place: Town): Promise<void>;
}

async function advance(place: Town, films: Pipeline, until: (film: Film) => boolean): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    const film = await films.advance(ID);
    if (until(film) || film.status !== 'waiting') return;
    await place.clock.advance(Math.max(1, film.wakeAt - place.clock.now()));
  }
  throw new Error('the film never gets there');
}
const rest = (place: Town): Promise<void> => advance(place, place.films, () => false);
const accepted = (film: Film): number => film.blocks.filter(({ status }) => status === 'accepted').length;

const SCENES: readonly Scene[] = [
  {
    title: 'The script is written',
    status: 'script_generated',
    play: (place) =>
      advance(
        place,
        place.host({ video: undefined, model: place.video.model } as never),
        ({ script }) => script !== undefined,
      ),
  },
  {
    title: 'The script waits for a person',
    status: 'script_generated',
    input: { approval: true },
    play: rest,
  },
  {
    title: 'Block 1 is made',
    status: 'generating',
    operations: 'generating_block_1',
    play: async (place) => void (await place.films.advance(ID)),
  },
  {
    title: 'Block 2 is made',
    status: 'generating',
    operations: 'generating_block_2',
    play: (place) => advance(place, place.films, (film) => film.blocks[1]?.status === 'under-way'),
  },
  {
    title: 'Block 1 is made for the second time',
    status: 'generating',
    operations: 'generating_block_1',
    outcomes: ['failed'],
    play: (place) =>
      advance(
        place,
        place.films,
        (film) => film.blocks[0]?.takes.length === 2 && film.blocks[0].takes[1]?.status === 'launched',
      ),
  },
  {
    title: 'All blocks are there',
    status: 'assembling',
    operations: 'ready_for_assembly',
    play: (place) =>
      advance(
        place,
        place.host({ media: undefined, transcription: undefined } as never),
        (film) => accepted(film) === 2,
      ),
  },
  { title: 'The film is completed', status: 'completed', operations: 'completed', play: rest },
  {
    title: 'The film was finished after block 1',
    status: 'completed',
    operations: 'completed',
    play: async (place) => {
      await advance(place, place.films, (film) => accepted(film) === 1);
      await place.films.send(ID, { type: 'finish' });
      await rest(place);
    },
  },
  {
    title: 'A refused block waits for a person',
    status: 'error',
    operations: 'failed',
    outcomes: ['refused', 'refused', 'refused', 'refused'],
    play: rest,
  },
  {
    title: 'The film failed',
    status: 'error',
    operations: 'failed',
    outcomes: ['failed'],
    maxAttempts: 1,
    play: rest,
  },
  {
    title: 'The film was cancelled',
    status: 'error',
    operations: 'failed',
    play: async (place) => {
      await place.films.advance(ID);
      await place.films.send(ID, { type: 'cancel' });
      await place.films.advance(ID);
    },
  },
];

const shown = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && '_seconds' in inner ? 'timestamp' : inner,
    ) ?? 'null',
  );

/** Times as the word "timestamp", fields in the order of the reference. */
function text(documents: Documents): string {
  const parts = [
    ['v2_video_status', documents.status],
    ['v2_veo_operations', documents.operations],
  ] as const;
  return parts
    .filter(([, fields]) => fields !== undefined)
    .map(([name, fields]) => {
      const sorted = Object.entries(fields ?? {}).map(([key, value]) => [
        key,
        value instanceof Timestamp ? 'timestamp' : shown(value),
      ]);
      const ordered = Object.fromEntries(sorted.sort(([a], [b]) => order(`${a}`) - order(`${b}`)));
      return `\`${name}\`\n\n\`\`\`json\n${JSON.stringify(ordered, null, 2)}\n\`\`\`\n`;
    })
    .join('\n');
}
const ORDER = [
  'video_id',
  'status',
  'blocks_count',
  'duration',
  'current_step',
  'operation_name',
  'blocks',
  'current_block',
  'total_blocks',
  'retry_count',
  'veo_version',
  'final_url',
  'error_message',
  'created_at',
  'completed_at',
  'updated_at',
  'reelstate',
];
const order = (name: string): number => ORDER.indexOf(name);

/** The old functions' own documents at each of their statuses. */
async function oldDocuments(host: string): Promise<ReadonlyMap<string, Documents>> {
  const place = town(host, { owns: NONE });
  const found = new Map<string, Documents>();
  const note = async (): Promise<void> => {
    const documents = await place.documents(ID);
    const key = `${documents.status?.status} ${documents.operations?.status ?? ''}`.trim();
    if (!found.has(key)) found.set(key, documents);
  };
  await place.begin(ID);
  await note();
  for (let turn = 0; turn < 20; turn += 1) {
    for (let name = place.events.shift(); name !== undefined; name = place.events.shift()) {
      await place.deliver(name);
      await note();
    }
    await place.turn(ID);
    await note();
  }
  await place.close();
  return found;
}

async function play(host: string, scene: Scene): Promise<Documents> {
  const place = town(host, {
    owns: ALL,
    ...(scene.outcomes === undefined ? {} : { outcomes: scene.outcomes }),
    pipeline: { limits: { maxAttempts: scene.maxAttempts ?? 4 } },
  });
  try {
    const theme = { theme: 'Les abeilles', language: 'fr', durationSeconds: 15 };
    await place.films.create({ ...theme, ...scene.input, videoId: ID });
    await scene.play(place);
    return await place.documents(ID);
  } finally {
    await place.close();
  }
}

describe.skipIf(emulator === undefined)('the documents of the old functions', () => {
  const host = emulator?.host ?? '';
  const played = new Map<Scene, Promise<Documents>>();
  const documentsOf = (scene: Scene): Promise<Documents> => {
    const known = played.get(scene) ?? play(host, scene);
    played.set(scene, known);
    return known;
  };

  for (const scene of SCENES) {
    test(`${scene.title}: ${scene.status}, ${scene.operations ?? 'no operation'}`, async () => {
      const documents = await documentsOf(scene);
      expect(documents.status && readStatus(documents.status)).toBe(scene.status);
      expect(documents.operations && readOperations(documents.operations)).toBe(scene.operations);
    });
  }

  test('are what docs/legacy-documents.md shows beside theirs', async () => {
    const theirs = await oldDocuments(host);
    const sections: string[] = [];
    for (const scene of SCENES) sections.push(`## ${scene.title}\n\n${text(await documentsOf(scene))}`);
    expect([...theirs.keys()]).toEqual([
      'script_generated',
      'generating generating_block_1',
      'generating generating_block_2',
      'generating ready_for_assembly',
      'completed completed',
    ]);
    const old = [...theirs].map(([key, documents]) => `## ${key}\n\n${text(documents)}`);
    const page = [
      '# The documents, ours beside theirs',
      'Written by `test/legacy/documents.test.ts` from films of two blocks; a change shows there as a difference. Times are Firestore Timestamps.',
      `# As reelstate writes them\n\n${sections.join('\n')}`,
      `# As the old functions write them\n\n${old.join('\n')}`,
    ];
    await expect(`${page.join('\n\n').trim()}\n`).toMatchFileSnapshot('../../docs/legacy-documents.md');
  });
});
