// Google's Firestore emulator for tests, from the Cloud SDK's jar: no container, no download, loopback only.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
const MAIN_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';

/**
 * Starts the emulator on a free port. Where Java, the SDK or its emulator is missing it prints why and returns undefined;
 * with CI=true it throws instead, because there these tests must run.
 *
 * Set `FIRESTORE_EMULATOR_HOST` to `host` and `METADATA_SERVER_DETECTION=none` before the first client is made, use a project
 * id that begins with `demo-`, and `stop()` at the end.
 *
 * @returns {Promise<{ host: string, pid: number, reset(projectId: string): Promise<void>, stop(): Promise<void> } | undefined>}
 */
export async function startFirestoreEmulator() {
  const found = await findEmulator();
  if (found.missing === undefined) return await start(found.jar);
  if (process.env.CI === 'true') throw new Error(`No Firestore emulator in CI: ${found.missing}`);
  console.warn(`Firestore emulator tests are skipped: ${found.missing}`);
  return undefined;
}

async function findEmulator() {
  const run = promisify(execFile);
  if (!(await run('java', ['-version']).catch(() => undefined))) return { missing: 'java is not installed' };
  const info = await run('gcloud', ['info', '--format=value(installation.sdk_root)']).catch(() => undefined);
  if (!info) return { missing: 'gcloud (the Google Cloud SDK) is not installed' };
  const jar = path.join(info.stdout.trim(), 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar');
  return existsSync(jar) ? { jar } : { missing: 'the Google Cloud SDK has no cloud-firestore-emulator' };
}

async function start(jar) {
  const host = `127.0.0.1:${await freePort()}`;
  const [address, port] = host.split(':');
  const args = ['-Duser.language=en', '-cp', jar, MAIN_CLASS, 'start', `--host=${address}`, `--port=${port}`];
  const child = spawn('java', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-2_000);
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  // A test run that dies must not leave a JVM behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  };
  if (await isReady(host, child)) return { host, pid: child.pid, reset: (projectId) => reset(host, projectId), stop };
  await stop();
  throw new Error(`The Firestore emulator was not ready after ${READY_LIMIT_MS} ms. ${errors}`);
}

async function isReady(host, child) {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const text = await fetch(`http://${host}/`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.text(),
      () => '',
    );
    if (text.startsWith('Ok')) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function reset(host, projectId) {
  const url = `http://${host}/emulator/v1/projects/${projectId}/databases/(default)/documents`;
  const response = await fetch(url, { method: 'DELETE' });
  if (!response.ok) throw new Error(`The emulator answered ${response.status} to a reset`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
