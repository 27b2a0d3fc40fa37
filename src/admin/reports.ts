import { toUsd, UNDER_WAY, utcDay } from '../core/ledger.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import type { ListFilter } from '../core/ports.ts';
import type { Charge } from '../core/state.ts';

/** A take that was or may have been paid for and that no film shows. */
export interface OrphanReport {
  /** The film that it was made for. */
  readonly videoId: string;
  /** Who pays. */
  readonly owner?: string;
  /** 1-based. */
  readonly block: number;
  /** 1-based within its block. */
  readonly take: number;
  /** Its price. */
  readonly usd: number;
  /** What is known of its price. */
  readonly charge: Charge;
}

/** Every take that was or may have been paid for and that no film shows; `pick` uses it. Reads all films that the filter lets through. */
export async function* orphans(films: Pipeline, filter: ListFilter = {}): AsyncIterable<OrphanReport> {
  for (let after: string | undefined; ; ) {
    const page = await films.list(filter, { limit: 100, ...(after === undefined ? {} : { after }) });
    for (const film of page.items) {
      for (const orphan of film.orphans) {
        yield { videoId: film.videoId, ...orphan, ...(film.owner === undefined ? {} : { owner: film.owner }) };
      }
    }
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** What was committed on a day. */
export interface Spend {
  /** UTC day, YYYY-MM-DD. */
  readonly day: string;
  /** Reserved, charged and unknown. */
  readonly usd: number;
  /** Takes under way now, over all films. */
  readonly launchesUnderWay: number;
}

/** What was committed on a UTC day, by everybody or by one owner. */
export async function spend(
  films: Pipeline,
  request: { readonly owner?: string; readonly day?: string } = {},
): Promise<Spend> {
  const { state, clock } = engineOf(films).ports;
  const day = request.day ?? utcDay(clock.now());
  const key = request.owner === undefined ? `spend/day/${day}` : `spend/owner/${request.owner}/${day}`;
  const [micro = 0, launchesUnderWay = 0] = await state.counters.read([key, UNDER_WAY]);
  return { day, usd: toUsd(micro), launchesUnderWay };
}
