/** Temporary files of a media port. */

/** Uses a temporary file and removes it, whatever happens. */
export async function withTemporary<T extends { dispose(): Promise<void> }, R>(
  made: Promise<T>,
  use: (file: T) => Promise<R>,
): Promise<R> {
  const file = await made;
  try {
    return await use(file);
  } finally {
    await file.dispose();
  }
}
