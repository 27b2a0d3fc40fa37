import { randomUUID } from 'node:crypto';
import { startFirestoreEmulator } from '../../scripts/firestore-emulator.mjs';

/** One emulator for a test file. Undefined, with a printed reason, where the machine has none; in CI that is a failure. */
export async function emulatorForTests(): ReturnType<typeof startFirestoreEmulator> {
  // Without it the client looks for Google's metadata server and prints a warning when there is none.
  process.env.METADATA_SERVER_DETECTION = 'none';
  const emulator = await startFirestoreEmulator();
  if (emulator === undefined && process.env.CI) throw new Error('CI has no Firestore emulator.');
  // Where a filter leaves out every test of the file, no hook runs and the test runner ends this process by a signal.
  const leave = (): void => {
    if (emulator !== undefined) process.kill(emulator.pid, 'SIGKILL');
    process.exit();
  };
  process.once('SIGTERM', leave);
  process.once('disconnect', leave);
  return (
    emulator && {
      ...emulator,
      stop: () => emulator.stop().finally(() => process.off('SIGTERM', leave).off('disconnect', leave)),
    }
  );
}

/** A project of its own is an empty database: nothing has to be cleaned, and tests may run side by side. */
export const freshProject = (): string => `demo-${randomUUID().slice(0, 18)}`;
