/**
 * The four functions that reelstate replaces, as they were, faults included (wire-compat.md): blind writes, one retry count for a whole film,
 * no protection against two runs at once. Actors for tests of films that both sides work on.
 */
import { FieldValue, type Firestore } from '@google-cloud/firestore';
import type { FakeVideo } from '../../src/adapters/memory/index.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { LaunchRequest, Source, Storage } from '../../src/core/ports.ts';

export interface OldWorld {
  readonly db: Firestore;
  readonly storage: Storage;
  readonly video: FakeVideo;
  /** Where the old functions let Veo write. @default `{videoId}/veo/` */
  readonly outputFolder?: string;
}

interface OldBlock {
  readonly bloc: number;
  readonly dialogue: string;
  readonly visuel: string;
  readonly duration: number;
}

interface OldEntry extends Partial<OldBlock> {
  readonly block_num: number;
  readonly status: string;
  readonly gcs_uri?: string;
  readonly operation_name?: string;
}

interface Operations {
  readonly status: string;
  readonly operation_name: string;
  readonly blocks: readonly OldEntry[];
  readonly current_block: number;
  readonly total_blocks: number;
  readonly retry_count: number;
}

const MAX_RETRIES = 3;
const MAX_BLOCKS = 10;
/** The actors whose launches the vendor's books can tell apart. */
export const OLD = 'old';

const statusOf = ({ db }: OldWorld, videoId: string) => db.collection('v2_video_status').doc(videoId);
const operationsOf = ({ db }: OldWorld, videoId: string) => db.collection('v2_veo_operations').doc(videoId);
const now = () => FieldValue.serverTimestamp();

/** Writes over whatever is there, as the old functions did. */
async function overwrite({ storage }: OldWorld, name: string, body: string | Source): Promise<void> {
  const there = await storage.head(name);
  await storage.put(name, body, {
    ifRevision: there?.revision ?? null,
    contentType: name.endsWith('.mp4') ? 'video/mp4' : 'application/json',
  });
}

async function scriptOf({ storage }: OldWorld, videoId: string): Promise<readonly OldBlock[]> {
  const there = await storage.text(`${videoId}/script_v2.json`);
  if (there === undefined) throw new Error(`404: no script of ${videoId}`);
  return (JSON.parse(there.text) as { blocks: OldBlock[] }).blocks;
}

/** agent-script-v2 */
export async function oldScript(world: OldWorld, videoId: string, seconds = 15): Promise<void> {
  const total = seconds <= 8 ? 1 : Math.min(MAX_BLOCKS, 1 + Math.ceil((seconds - 8) / 7));
  const blocks = Array.from({ length: total }, (_, index) => ({
    bloc: index + 1,
    dialogue: `Voici la partie ${index + 1} du film.`,
    visuel: `A presenter in a studio, part ${index + 1}.`,
    duration: index === 0 ? 8 : 7,
  }));
  const duration = blocks.reduce((sum, block) => sum + block.duration, 0);
  const document = { video_id: videoId, theme: 'Les abeilles', target_duration: seconds, actual_duration: duration };
  const rest = { blocks, total_blocks: total, generated_at: new Date(0).toISOString(), raw_script: 'BLOC 1 …' };
  // The object is there before the document: its event may come first.
  await overwrite(world, `${videoId}/script_v2.json`, JSON.stringify({ ...document, ...rest }, null, 2));
  await statusOf(world, videoId).set({
    video_id: videoId,
    status: 'script_generated',
    blocks_count: total,
    duration,
    current_step: 'script',
    updated_at: now(),
  });
}

function request(world: OldWorld, videoId: string, block: OldBlock, extend?: LaunchRequest['extends']): LaunchRequest {
  return {
    prompt: { dialogue: block.dialogue, language: 'fr', visual: block.visuel },
    seconds: block.duration,
    aspectRatio: '9:16',
    resolution: '720p',
    outputPlace: world.storage.uri(world.outputFolder ?? `${videoId}/veo/`),
    labels: { by: OLD, film: videoId, block: `${block.bloc}` },
    ...(extend === undefined ? {} : { extends: extend }),
  };
}

/** agent-video-v2, on the event of a script: told twice it launches twice. */
export async function oldVideo(world: OldWorld, videoId: string): Promise<void> {
  const blocks = await scriptOf(world, videoId);
  const [first] = blocks;
  if (first === undefined) throw new Error('400: no blocks');
  const { operation } = await world.video.launch(request(world, videoId, first));
  const entries = blocks.map((block) => ({ ...block, block_num: block.bloc, status: 'pending' }));
  entries[0] = { ...first, block_num: 1, status: 'processing' };
  await operationsOf(world, videoId).set({
    video_id: videoId,
    status: 'generating_block_1',
    operation_name: operation,
    blocks: entries,
    current_block: 1,
    total_blocks: blocks.length,
    retry_count: 0,
    veo_version: '3.1-fast',
    created_at: now(),
    updated_at: now(),
  });
  await statusOf(world, videoId).set(
    { video_id: videoId, status: 'generating', current_step: 'video', updated_at: now() },
    { merge: true },
  );
}

async function launchNext(world: OldWorld, videoId: string, block: OldBlock): Promise<string> {
  const { storage } = world;
  const name = `${videoId}/block_${block.bloc - 1}.mp4`;
  const before = block.bloc === 1 ? undefined : await storage.head(name);
  if (before === undefined) return (await world.video.launch(request(world, videoId, block))).operation;
  const { durationMs } = await measureMp4(storage.source(name));
  const input = { uri: storage.uri(name), revision: before.revision, durationMs, operation: '' };
  return (await world.video.launch(request(world, videoId, block, input))).operation;
}

async function fail(world: OldWorld, videoId: string, message: string): Promise<void> {
  await operationsOf(world, videoId).update({ status: 'failed', error_message: message, updated_at: now() });
  await statusOf(world, videoId).update({ status: 'error', error_message: message, updated_at: now() });
}

/** Buys the block again with the same prompt, whatever the reason was; one count for the whole film. */
async function retry(world: OldWorld, videoId: string, operations: Operations, why: string): Promise<void> {
  if (operations.retry_count >= MAX_RETRIES) return fail(world, videoId, why);
  const block = (await scriptOf(world, videoId))[operations.current_block - 1];
  if (block === undefined) return fail(world, videoId, 'no such block');
  const operation = await launchNext(world, videoId, block);
  const retries = operations.retry_count + 1;
  await operationsOf(world, videoId).update({ operation_name: operation, retry_count: retries, updated_at: now() });
}

async function finishBlock(world: OldWorld, videoId: string, operations: Operations, uri: string): Promise<void> {
  const { storage } = world;
  const number = operations.current_block;
  const name = `${videoId}/block_${number}.mp4`;
  const found = uri.slice(storage.uri(`${videoId}/`).length);
  await overwrite(world, name, storage.source(`${videoId}/${found}`));
  const blocks = operations.blocks.map((entry) =>
    entry.block_num === number ? { ...entry, status: 'completed', gcs_uri: storage.uri(name) } : entry,
  );
  if (number === operations.total_blocks) {
    await operationsOf(world, videoId).update({ status: 'ready_for_assembly', blocks, updated_at: now() });
    return;
  }
  const next = (await scriptOf(world, videoId))[number];
  if (next === undefined) return fail(world, videoId, 'no such block');
  // A crash between this launch and the write below buys the block again.
  const operation = await launchNext(world, videoId, next);
  await operationsOf(world, videoId).update({
    status: `generating_block_${number + 1}`,
    operation_name: operation,
    current_block: number + 1,
    blocks: blocks.map((entry) => (entry.block_num === number + 1 ? { ...entry, status: 'processing' } : entry)),
    updated_at: now(),
  });
}

/** monitor-veo31: every active film, one after the other. */
export async function oldMonitor(world: OldWorld): Promise<{ checked: number; processed: number }> {
  const statuses = Array.from({ length: MAX_BLOCKS }, (_, index) => `generating_block_${index + 1}`);
  const found = await world.db.collection('v2_veo_operations').where('status', 'in', statuses).get();
  let processed = 0;
  for (const document of found.docs) {
    const operations = document.data() as Operations;
    const look = await world.video.look(operations.operation_name);
    if (look.status === 'running') continue;
    processed += 1;
    if (look.status === 'done') await finishBlock(world, document.id, operations, look.output.uri);
    else await retry(world, document.id, operations, look.status);
  }
  return { checked: found.size, processed };
}

/** agent-assembler-v2, on the event of a block: it knows the last one from the operations document. */
export async function oldAssembler(world: OldWorld, videoId: string, block: number): Promise<void> {
  const operations = (await operationsOf(world, videoId).get()).data() as Operations | undefined;
  if (operations === undefined) throw new Error(`404: no operation of ${videoId}`);
  if (block !== operations.total_blocks) return;
  await statusOf(world, videoId).update({ status: 'assembling', current_step: 'assembly', updated_at: now() });
  const name = `${videoId}/final.mp4`;
  await overwrite(world, name, world.storage.source(`${videoId}/block_${block}.mp4`));
  const uri = world.storage.uri(name);
  await statusOf(world, videoId).update({
    status: 'completed',
    final_url: uri,
    completed_at: now(),
    updated_at: now(),
  });
  await operationsOf(world, videoId).update({ status: 'completed', final_url: uri, updated_at: now() });
}
