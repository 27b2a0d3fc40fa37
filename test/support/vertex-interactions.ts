/** The Interactions API of the loopback Google: Omni's videos in the background. */
import { type Answer, type Call, googleError, type Route } from './loopback.ts';
import { type Job, type Jobs, operationId, servedModels } from './vertex-jobs.ts';
import type { VertexOperation } from './vertex-server.ts';

interface Create {
  readonly model?: string;
  readonly input?:
    | string
    | readonly {
        readonly type: string;
        readonly text?: string;
        readonly uri?: string;
        readonly data?: string;
        readonly mime_type?: string;
      }[];
  readonly background?: boolean;
  readonly store?: boolean;
  readonly response_format?: {
    readonly type?: string;
    readonly aspect_ratio?: string;
    readonly resolution?: string;
    readonly duration?: string;
    readonly delivery?: string;
    readonly gcs_uri?: string;
  };
  readonly generation_config?: { readonly video_config?: { readonly task?: string } };
  readonly previous_interaction_id?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const base = '\\/v1(?:beta1?)?(?:\\/(projects\\/[^/]+\\/locations\\/[^/]+))?\\/interactions';

export function interactionRoutes(
  jobs: Jobs,
  forgotten: ReadonlySet<string>,
  retired: ReadonlySet<string>,
): Route<VertexOperation>[] {
  return [
    {
      operation: 'interaction-create',
      method: 'POST',
      path: new RegExp(`^${base}$`),
      handle: (call, [, project]) => create(jobs, retired, project !== undefined, call),
    },
    {
      operation: 'interaction-get',
      method: 'GET',
      path: new RegExp(`^${base}\\/([^/]+)$`),
      handle: (_call, [, , id = '']) => get(jobs, forgotten, decodeURIComponent(id)),
    },
    {
      operation: 'download',
      method: 'GET',
      path: /^\/v1(?:beta)?\/files\/([a-z0-9]+):download$/,
      handle: (_call, [, file = '']) => download(jobs, file),
    },
  ];
}

const invalid = (message: string) => googleError(400, 'INVALID_ARGUMENT', message);

function create(jobs: Jobs, retired: ReadonlySet<string>, vertex: boolean, call: Call<VertexOperation>): Answer {
  const order: Create = JSON.parse(call.body.toString());
  const model = order.model ?? '';
  if (retired.has(model) || !model.startsWith('gemini-omni-') || !servedModels.includes(model)) {
    return googleError(404, 'NOT_FOUND', `Model ${model} is no longer available.`);
  }
  const { response_format: format = {}, previous_interaction_id: previousId } = order;
  const seconds = Number(/^(\d+)s$/.exec(format.duration ?? '8s')?.[1]);
  const longest = vertex && model === 'gemini-omni-1.2-flash' ? 15 : 10;
  if (!(seconds >= 3 && seconds <= longest)) return invalid(`Duration must be between 3s and ${longest}s.`);
  if (format.type !== 'video' || order.background !== true)
    return invalid('Video needs response_format.type video and background.');
  if (vertex && format.delivery === 'uri' && !format.gcs_uri) return invalid('gcs_uri is required for delivery uri.');
  if (!vertex && format.gcs_uri) return invalid('gcs_uri is not supported.');
  const previous = previousId === undefined ? undefined : jobs.find(previousId);
  if (previousId !== undefined && !previous)
    return googleError(404, 'NOT_FOUND', 'The previous interaction was not found.');
  if (previous && !previous.bytes) return invalid('The previous interaction is still in progress.');
  const inputSeconds = previous ? previous.inputSeconds + previous.seconds : 0;
  if (inputSeconds + seconds > 40) return invalid('The video would be longer than 40 seconds.');
  const parts = typeof order.input === 'string' ? [{ type: 'text', text: order.input }] : (order.input ?? []);
  const image = parts.find((part) => part.type === 'image');
  const job = jobs.launch({
    name: operationId(),
    model,
    prompt: parts.map((part) => part.text ?? '').join(''),
    seconds,
    inputSeconds,
    aspectRatio: format.aspect_ratio ?? '16:9',
    resolution: format.resolution ?? '720p',
    labels: order.labels ?? {},
    ...(previous?.uri === undefined ? {} : { inputUri: previous.uri }),
    ...(image?.uri === undefined ? {} : { imageUri: image.uri }),
    ...(image?.data === undefined ? {} : { image: Buffer.from(image.data, 'base64') }),
    ...(format.gcs_uri === undefined ? {} : { place: format.gcs_uri }),
  });
  return { status: 200, body: resource(job, 'in_progress') };
}

async function get(jobs: Jobs, forgotten: ReadonlySet<string>, id: string): Promise<Answer> {
  const job = jobs.find(id);
  if (!job || forgotten.has(id)) return googleError(404, 'NOT_FOUND', 'The interaction was not found.');
  if (!jobs.isReady(job)) return { status: 200, body: resource(job, 'in_progress') };
  await jobs.deliver(job);
  const { outcome } = job;
  if (outcome.kind === 'error')
    return {
      status: 200,
      body: { ...resource(job, 'failed'), errors: [{ code: String(outcome.code), message: outcome.message }] },
    };
  if (outcome.kind === 'filtered' || outcome.kind === 'audio') {
    const message =
      outcome.kind === 'audio'
        ? 'We encountered an issue with the audio for your prompt.'
        : `The prompt could not be submitted. It violates our usage guidelines. Support codes: ${outcome.supportCodes ?? '42237218'}`;
    return { status: 200, body: { ...resource(job, 'failed'), errors: [{ code: 'safety', message }] } };
  }
  if (outcome.kind === 'empty')
    return { status: 200, body: { ...resource(job, 'completed'), steps: [{ type: 'model_output', content: [] }] } };
  job.uri ??= `https://generativelanguage.googleapis.com/v1beta/files/${fileId(job)}:download?alt=media`;
  const content = [{ type: 'video', uri: job.uri, mime_type: 'video/mp4' }];
  return { status: 200, body: { ...resource(job, 'completed'), steps: [{ type: 'model_output', content }] } };
}

const fileId = (job: Job) => job.name.replaceAll('-', '').slice(0, 12);

function download(jobs: Jobs, file: string): Answer {
  const job = jobs.all.find((each) => fileId(each) === file && each.bytes !== undefined);
  if (!job?.bytes)
    return googleError(403, 'PERMISSION_DENIED', 'You do not have permission to access the file or it does not exist.');
  return { status: 200, body: job.bytes };
}

const resource = (job: Job, status: string) => ({
  id: job.name,
  object: 'interaction',
  model: job.model,
  status,
  created: new Date(job.launchedAt).toISOString(),
  updated: new Date(job.launchedAt).toISOString(),
});
