/** `npm run verify:live`: asks, spends about $1.90, writes the answers beside this file. GOOGLE_CLOUD_PROJECT and BUCKET_NAME say where. */
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import { veo } from '../../src/adapters/google-genai/index.ts';
import { droppingFetch, priceUsd, verify } from './verify.ts';

const { GOOGLE_CLOUD_PROJECT: project, BUCKET_NAME: bucket } = process.env;

async function agreed(usd: number): Promise<boolean> {
  if (process.argv.includes('--yes')) return true;
  if (!process.stdin.isTTY) return false;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`This spends about $${usd.toFixed(2)} at Google. Type yes to go on: `);
  asking.close();
  return answer.trim().toLowerCase() === 'yes';
}

if (!project || !bucket) {
  console.error('Set GOOGLE_CLOUD_PROJECT and BUCKET_NAME: Veo writes into that bucket.');
  process.exitCode = 2;
} else {
  const storage = gcs({ bucket, projectId: project });
  const video = veo(undefined, { project });
  const usd = priceUsd(video);
  if (await agreed(usd)) {
    const place = `verify-live/${new Date().toISOString().replace(/[:.]/g, '-')}/`;
    const dropped = veo(undefined, { project, fetch: droppingFetch() });
    const answers = await verify({ storage, video, dropped, place, tell: (line) => console.error(line) });
    const file = new URL(`./fixtures/veo-${answers.date}.json`, import.meta.url);
    await mkdir(new URL('./', file), { recursive: true });
    await writeFile(file, `${JSON.stringify(answers, null, 2)}\n`);
    console.log(JSON.stringify(answers, null, 2));
  } else {
    console.error(`Nothing was bought. It would spend about $${usd.toFixed(2)}; --yes agrees to that.`);
    process.exitCode = 2;
  }
}
