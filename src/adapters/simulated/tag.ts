/** The journal id that the simulated vendor writes into its files, and that stays in what is cut from them. */
import { open } from 'node:fs/promises';

/** `simulated-000007-1a2b3c4d`: the launch's number and a hash over its request. */
const OPERATION = /simulated-\d{6}-[0-9a-f]{8}/;
/** Metadata lies at either end of a file. */
const EDGE_BYTES = 256 * 1024;

export const operationIn = (text: string): string | undefined => OPERATION.exec(text)?.[0];

/** The journal id in a media file's metadata, whatever its container. */
export async function readTag(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, EDGE_BYTES));
    const head = await file.read(buffer, 0, buffer.length, 0);
    const found = operationIn(buffer.toString('latin1', 0, head.bytesRead));
    if (found !== undefined || size <= buffer.length) return found;
    const tail = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return operationIn(buffer.toString('latin1', 0, tail.bytesRead));
  } finally {
    await file.close();
  }
}
