/** The embedded default: files below one folder, SQLite, simulated vendors, ffmpeg. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FilmView, Pipeline, VideoModel } from '../index.ts';

export interface HostOptions {
  /** Absolute. */
  readonly out: string;
  /** Of the simulated videos. @default what the resolution says */
  readonly size?: { readonly width: number; readonly height: number };
  /** How many times faster than real vendors the simulated ones are. */
  readonly speedUp?: number;
}

export interface Host {
  readonly films: Pipeline;
  readonly model: VideoModel;
  /** Nothing is paid, prices are those of the model that is imitated. */
  readonly simulated: boolean;
  /** Absolute path of a finished film. */
  pathOf(film: FilmView & { readonly status: 'completed' }): string;
  /** Brings a finished film to this machine, where it lies elsewhere. */
  fetch?(film: FilmView & { readonly status: 'completed' }): Promise<void>;
  close(): Promise<void>;
}

/** Beside the films, hidden: the state of all of them, and the simulated vendor's journal. */
export const stateFile = (out: string): string => join(out, '.reelstate-data', 'films.db');
export const vendorFolder = (out: string): string => join(out, '.reelstate-data', 'simulated');

/** Fast enough for a demo of well under a minute, slow enough to see what happens. */
const SPEED_UP = 30;

export async function openEmbedded({ out, size, speedUp = SPEED_UP }: HostOptions): Promise<Host> {
  const [{ createPipeline }, { folder, sqlite }, { simulated }, { ffmpeg }] = await Promise.all([
    import('../index.ts'),
    import('../adapters/local/index.ts'),
    import('../adapters/simulated/index.ts'),
    import('../adapters/ffmpeg/index.ts'),
  ]);
  const state = sqlite(stateFile(out));
  const vendors = simulated({ folder: vendorFolder(out), speedUp, ...(size === undefined ? {} : { size }) });
  return {
    films: createPipeline({ storage: folder(out), state, ...vendors, media: ffmpeg() }),
    model: vendors.video.model,
    simulated: true,
    pathOf: ({ output }) => fileURLToPath(output.uri),
    close: async () => state.close?.(),
  };
}
