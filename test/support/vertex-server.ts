/**
 * A loopback Google: Veo on Vertex AI (predictLongRunning, fetchPredictOperation), generateContent of both APIs, and Interactions, with the
 * wire formats, limits and refusals that are known of them, faults per request and books of its own. It knows nothing of the adapters.
 */
import { type Answer, type Call, googleError, type Loopback, type Route, startLoopback } from './loopback.ts';
import { interactionRoutes } from './vertex-interactions.ts';
import {
  type Job,
  type JobSettings,
  Jobs,
  mp4Seconds,
  type Outcome,
  operationId,
  servedModels,
} from './vertex-jobs.ts';
import { type TextAnswer, TextAnswers, type TextRequest } from './vertex-text.ts';

export type VertexOperation = 'launch' | 'look' | 'generate' | 'interaction-create' | 'interaction-get' | 'download';

export interface VertexServerOptions extends Partial<JobSettings> {
  /** Where set, another `x-goog-api-key` or bearer token is refused. */
  readonly credentials?: { readonly apiKey?: string; readonly token?: string };
  /** Text models that are served besides the video models. @default every id that begins with gemini- */
  readonly retired?: readonly string[];
  /** The script writer: the text of an answer. @default {"ok":true} */
  readonly write?: (request: TextRequest) => string | Promise<string>;
}

export interface VertexServer extends Loopback<VertexOperation> {
  readonly jobs: readonly Job[];
  /** Micro-dollars of everything that was delivered. */
  readonly chargedMicroUsd: number;
  /** What the next video jobs end in. */
  outcome(outcome: Outcome, times?: number): void;
  /** What the next texts are. */
  answer(answer: TextAnswer, times?: number): void;
  /** With a clock of your own: delivers and charges what is ready by now. */
  settle(): Promise<void>;
  /** The vendor forgets an operation, as after its retention. */
  forget(name: string): void;
}

export async function startVertexServer(options: VertexServerOptions = {}): Promise<VertexServer> {
  const jobs = new Jobs({ ...options, render: options.render ?? placeholder });
  const forgotten = new Set<string>();
  const texts = new TextAnswers(options.write);
  const retired = new Set(options.retired ?? []);
  const guard = (route: Route<VertexOperation>): Route<VertexOperation> => ({
    ...route,
    handle: (call, match) => refusal(call, options.credentials) ?? route.handle(call, match),
  });
  const routes: Route<VertexOperation>[] = [
    {
      operation: 'launch',
      method: 'POST',
      path: /^\/v1(?:beta1)?\/projects\/([^/]+)\/locations\/([^/]+)\/publishers\/google\/models\/([^/:]+):predictLongRunning$/,
      handle: (call, [, project = '', location = '', model = '']) =>
        launch(jobs, retired, { project, location, model }, call),
    },
    {
      operation: 'look',
      method: 'POST',
      path: /^\/v1(?:beta1)?\/(projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/[^/:]+):fetchPredictOperation$/,
      handle: (call, [, resource = '']) => look(jobs, forgotten, resource, call),
    },
    {
      operation: 'generate',
      method: 'POST',
      path: /^\/v1(?:beta1?)?\/(?:projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/)?models\/([^/:]+):generateContent$/,
      handle: (call, [, model = '']) => (retired.has(model) ? gone(model) : texts.next(model, call.body)),
    },
    ...interactionRoutes(jobs, forgotten, retired),
  ];
  const loopback = await startLoopback(routes.map(guard));
  const close = async () => {
    jobs.close();
    await loopback.close();
  };
  return {
    ...loopback,
    jobs: jobs.all,
    get chargedMicroUsd() {
      return jobs.chargedMicroUsd;
    },
    outcome: (outcome, times) => jobs.queue(outcome, times),
    answer: (answer, times) => texts.queue(answer, times),
    settle: () => jobs.settle(),
    forget: (name) => {
      forgotten.add(name);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Not a film: enough of an mp4 that its length can be read. Tests that look at pictures give `render`. */
async function placeholder(_job: Job, { seconds }: { readonly seconds: number }): Promise<Uint8Array> {
  const mvhd = Buffer.alloc(108);
  mvhd.writeUInt32BE(108, 0);
  mvhd.write('mvhd', 4, 'latin1');
  mvhd.writeUInt32BE(1000, 20);
  mvhd.writeUInt32BE(Math.round(seconds * 1000), 24);
  const moov = Buffer.alloc(8);
  moov.writeUInt32BE(116, 0);
  moov.write('moov', 4, 'latin1');
  const ftyp = Buffer.from('\0\0\0\x10ftypisom\0\0\x02\0', 'latin1');
  return Buffer.concat([ftyp, moov, mvhd]);
}

/** What the real API says to wrong credentials; the echo of the key is what a canary test is for. */
function refusal({ headers }: Call<VertexOperation>, expected: VertexServerOptions['credentials']): Answer | undefined {
  if (!expected) return undefined;
  const key = headers['x-goog-api-key'];
  if (key !== undefined) {
    return key === expected.apiKey
      ? undefined
      : googleError(400, 'INVALID_ARGUMENT', `API key not valid: ${String(key)}. Please pass a valid API key.`);
  }
  const bearer = headers.authorization ?? '';
  if (bearer === `Bearer ${expected.token}`) return undefined;
  return googleError(401, 'UNAUTHENTICATED', `Request had invalid authentication credentials: ${bearer}`);
}

const invalid = (message: string) => googleError(400, 'INVALID_ARGUMENT', message);
const gone = (model: string) =>
  googleError(
    404,
    'NOT_FOUND',
    `This model models/${model} is no longer available. Please update your code to use a newer model.`,
  );

interface Launch {
  readonly instances?: readonly {
    readonly prompt?: string;
    readonly video?: { readonly gcsUri?: string; readonly mimeType?: string };
    readonly image?: { readonly gcsUri?: string; readonly bytesBase64Encoded?: string; readonly mimeType?: string };
  }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly parameters?: {
    readonly sampleCount?: number;
    readonly storageUri?: string;
    readonly durationSeconds?: number;
    readonly aspectRatio?: string;
    readonly resolution?: string;
  };
}

interface Target {
  readonly project: string;
  readonly location: string;
  readonly model: string;
}

async function launch(
  jobs: Jobs,
  retired: ReadonlySet<string>,
  target: Target,
  call: Call<VertexOperation>,
): Promise<Answer> {
  const { model } = target;
  if (retired.has(model)) return gone(model);
  if (!model.startsWith('veo-') || !servedModels.includes(model)) {
    return googleError(
      404,
      'NOT_FOUND',
      `Publisher Model \`publishers/google/models/${model}\` was not found or is not supported for predictLongRunning.`,
    );
  }
  const { instances: [instance] = [], parameters = {}, labels = {} }: Launch = JSON.parse(call.body.toString());
  const problem = !instance ? 'No instance.' : wrongWith(instance, parameters, labels);
  if (problem !== undefined || !instance) return invalid(problem ?? '');
  const input = instance.video?.gcsUri;
  const bytes = input === undefined ? undefined : await jobs.read(input);
  if (input !== undefined && bytes === undefined) return invalid(`The object ${input} was not found.`);
  const inputSeconds = bytes === undefined ? 0 : (mp4Seconds(bytes) ?? 0);
  if (input !== undefined && (inputSeconds < 0.99 || inputSeconds > 30.5)) {
    return invalid(`Video duration must be between 1 and 30 seconds, got ${inputSeconds}.`);
  }
  const name = `projects/${target.project}/locations/${target.location}/publishers/google/models/${model}/operations/${operationId()}`;
  const imageUri = instance.image?.gcsUri;
  const imageData = instance.image?.bytesBase64Encoded;
  jobs.launch({
    name,
    model,
    prompt: instance.prompt ?? '',
    seconds: input === undefined ? (parameters.durationSeconds ?? 8) : 7,
    inputSeconds,
    aspectRatio: parameters.aspectRatio ?? '16:9',
    resolution: parameters.resolution ?? '720p',
    labels,
    ...(input === undefined ? {} : { inputUri: input }),
    ...(imageUri === undefined ? {} : { imageUri }),
    ...(imageData === undefined ? {} : { image: Buffer.from(imageData, 'base64') }),
    ...(parameters.storageUri === undefined ? {} : { place: parameters.storageUri }),
  });
  return { status: 200, body: { name } };
}

type Instance = NonNullable<NonNullable<Launch['instances']>[number]>;

function wrongWith(
  instance: Instance,
  parameters: NonNullable<Launch['parameters']>,
  labels: Readonly<Record<string, string>>,
) {
  const { sampleCount = 1, durationSeconds, storageUri, aspectRatio, resolution } = parameters;
  if (instance.image && instance.video) return 'Image and video cannot be set at the same time.';
  if (!instance.prompt && !instance.image) return 'Prompt is required.';
  if (instance.video && instance.video.mimeType !== 'video/mp4') return 'Video mime type is required.';
  if (instance.image && !instance.image.mimeType) return 'Image mime type is required.';
  const lengths = instance.video ? [7, undefined] : [4, 6, 8, undefined];
  if (!lengths.includes(durationSeconds)) return `Unsupported output video duration ${durationSeconds} seconds.`;
  if (sampleCount < 1 || sampleCount > 4) return 'Sample count must be between 1 and 4.';
  if (aspectRatio !== undefined && !['16:9', '9:16'].includes(aspectRatio))
    return `Unsupported aspect ratio ${aspectRatio}.`;
  if (resolution !== undefined && !['720p', '1080p', '4k'].includes(resolution))
    return `Unsupported resolution ${resolution}.`;
  if (storageUri !== undefined && !/^gs:\/\/[^/]+\/(?:.*\/)?$/.test(storageUri))
    return `Invalid storage URI ${storageUri}.`;
  const labelled = Object.entries(labels).every(
    ([key, value]) => /^[a-z][a-z0-9_-]{0,62}$/.test(key) && /^[a-z0-9_-]{0,63}$/.test(value),
  );
  return labelled ? undefined : 'Invalid label.';
}

async function look(
  jobs: Jobs,
  forgotten: ReadonlySet<string>,
  resource: string,
  call: Call<VertexOperation>,
): Promise<Answer> {
  const { operationName = '' }: { operationName?: string } = JSON.parse(call.body.toString());
  const job = jobs.find(operationName);
  if (!job || forgotten.has(operationName)) return googleError(404, 'NOT_FOUND', 'The operation was not found.');
  if (!operationName.startsWith(`${resource}/operations/`))
    return invalid('The operation does not belong to this model.');
  if (!jobs.isReady(job)) return { status: 200, body: { name: job.name } };
  await jobs.deliver(job);
  return { status: 200, body: { name: job.name, done: true, ...ended(job) } };
}

const responseType = 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse';

function ended({ outcome, uri }: Job): object {
  switch (outcome.kind) {
    case 'error':
      return { error: { code: outcome.code, message: outcome.message } };
    case 'filtered':
      return {
        response: {
          '@type': responseType,
          raiMediaFilteredCount: 1,
          raiMediaFilteredReasons: [filterText(outcome.supportCodes ?? '42237218')],
        },
      };
    case 'audio':
      return {
        response: { '@type': responseType, raiMediaFilteredCount: 1, raiMediaFilteredReasons: [audioFilterText] },
      };
    case 'empty':
      return { response: { '@type': responseType, raiMediaFilteredCount: 0 } };
    default:
      return {
        response: { '@type': responseType, raiMediaFilteredCount: 0, videos: [{ gcsUri: uri, mimeType: 'video/mp4' }] },
      };
  }
}

const filterText = (codes: string) =>
  `Veo could not generate 1 videos based on the prompt provided. You will not be charged for this request. Try rephrasing the prompt. If you think this was an error, send feedback. Support codes: ${codes}`;
export const audioFilterText =
  'We encountered an issue with the audio for your prompt. Please try again or use a different prompt.';
