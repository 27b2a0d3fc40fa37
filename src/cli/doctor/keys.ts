import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Finding } from './finding.ts';

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function googleFinding(env: NodeJS.ProcessEnv): Promise<Finding> {
  const about = 'Google Cloud credentials';
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (named) {
    if (await isThere(named)) return { about, level: 'good', message: 'GOOGLE_APPLICATION_CREDENTIALS names a file' };
    const message = 'GOOGLE_APPLICATION_CREDENTIALS names a file that is not there.';
    return { about, level: 'warning', message, cure: 'Correct or unset it.' };
  }
  const byGcloud = join(homedir(), '.config', 'gcloud', 'application_default_credentials.json');
  if (await isThere(byGcloud)) return { about, level: 'good', message: 'those of gcloud' };
  const message = 'none; simulated vendors need none.';
  return {
    about,
    level: 'note',
    message,
    cure: 'For gcs(), firestore(), veo(): gcloud auth application-default login.',
  };
}

function keyFinding(env: NodeJS.ProcessEnv, name: string, cure: string): Finding {
  // Whether it is there; never what it is.
  return env[name]
    ? { about: name, level: 'good', message: 'set' }
    : { about: name, level: 'note', message: 'not set; simulated vendors need none.', cure };
}

/** Which keys of real vendors are here. */
export async function keyFindings(env: NodeJS.ProcessEnv = process.env): Promise<readonly Finding[]> {
  return [
    await googleFinding(env),
    keyFinding(env, 'GOOGLE_CLOUD_PROJECT', 'For Vertex AI: set it to the id of your project.'),
    keyFinding(env, 'OPENAI_API_KEY', 'For whisper(): make a key at platform.openai.com and set it.'),
  ];
}
