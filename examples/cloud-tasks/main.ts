/**
 * One service on Cloud Run that does everything, woken by Cloud Tasks at each film's own times:
 * `TASKS_QUEUE`, `SERVICE_URL`, `SERVICE_ACCOUNT`, `CALLERS`, `GCP_PROJECT`, `BUCKET_NAME` and `OPENAI_API_KEY` in its environment.
 * A task that was lost is made up for by a sweep: a scheduler job that calls `films.tick()` every ten minutes is enough.
 */
import { createServer } from 'node:http';
import { createPipeline } from 'reelstate';
import { ffmpeg } from 'reelstate/ffmpeg';
import { firestore, gcs } from 'reelstate/google-cloud';
import { gemini, veo } from 'reelstate/google-genai';
import { jsonLogger, logEvents, toNodeHandler } from 'reelstate/hosts';
import { whisper } from 'reelstate/openai';
import { cloudTasks } from './queue.ts';
import { createWorker } from './worker.ts';

const wanted = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set.`);
};

const logger = jsonLogger();
const project = wanted('GCP_PROJECT');
const url = wanted('SERVICE_URL');

const films = createPipeline({
  storage: gcs({ bucket: wanted('BUCKET_NAME') }),
  state: logEvents(firestore({ projectId: project }), logger),
  llm: gemini(undefined, { project }),
  video: veo(undefined, { project }),
  transcription: whisper(),
  media: ffmpeg(),
  logger,
});

const serviceAccount = wanted('SERVICE_ACCOUNT');
const worker = createWorker({
  films,
  auth: { audience: url, callers: [serviceAccount, ...wanted('CALLERS').split(',')], signatureRemovedByCloudRun: true },
  wake: cloudTasks({ queue: wanted('TASKS_QUEUE'), url, serviceAccount }),
});
createServer(toNodeHandler(worker)).listen(Number(process.env.PORT ?? 8080));
