/** What happened when, by whom, and what Firestore said then: the columns of the flow's own table. */
import type { Firestore } from '@google-cloud/firestore';

export interface Row {
  /** Milliseconds since the request for the film. */
  readonly at: number;
  readonly what: string;
  readonly by: string;
}

/** Documents that tell a film's status, the first one that is there. */
const DOCUMENTS = ['v2_veo_operations', 'v2_video_status', 'reelstate_films'];

/** A line of the JSON log as a sentence; undefined for what the table has no row for. */
export function told(
  line: string,
): { readonly videoId: string; readonly event: string; readonly what: string } | undefined {
  let entry: { videoId?: string; event?: string; block?: number; take?: number; detail?: string };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return undefined;
  }
  const { videoId, event, block, take, detail } = entry;
  if (videoId === undefined || event === undefined) return undefined;
  const of = [
    block === undefined ? '' : `block ${block}`,
    take === undefined || take === 1 ? '' : `take ${take}`,
    detail ?? '',
  ];
  return { videoId, event, what: [event, ...of].filter((part) => part !== '').join(' ') };
}

export const seconds = (ms: number): string => `T+${(ms / 1000).toFixed(1)}s`;

export function printer(client: Firestore, print: (line: string) => void) {
  let last = Promise.resolve();
  const statusOf = async (videoId: string): Promise<string> => {
    for (const collection of DOCUMENTS) {
      const status: unknown = (await client.collection(collection).doc(videoId).get()).get('status');
      if (typeof status === 'string') return status;
    }
    return '-';
  };
  return {
    /** The first status that a document of the film has. */
    statusOf,
    head: () => print(`${'time'.padEnd(10)}${'event'.padEnd(46)}${'function'.padEnd(22)}Firestore status`),
    row(videoId: string, { at, what, by }: Row): void {
      const status = statusOf(videoId).catch(() => '-');
      last = last.then(async () => print(`${seconds(at).padEnd(10)}${what.padEnd(46)}${by.padEnd(22)}${await status}`));
    },
    flush: () => last,
  };
}
