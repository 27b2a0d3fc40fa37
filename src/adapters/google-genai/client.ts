import type { GoogleGenAI, GoogleGenAIOptions } from '@google/genai';
import { ReelstateError } from '../../core/errors.ts';
import { guardedFetch } from './transport.ts';

/** How an adapter reaches Google: a client of yours, an API key (Gemini API), or a project (Vertex AI). */
export interface GoogleOptions {
  /**
   * A client of `@google/genai`; of the other options here only `apiKey`, `baseUrl` and `fetch` then count, and only for downloads. Its repeats
   * are turned off for launches, but whether a failed launch was sent at all is then not known: prefer the other options.
   */
  readonly client?: GoogleGenAI;
  /** Gemini API key. Together with `project` it is a Vertex AI key. @default GEMINI_API_KEY or GOOGLE_API_KEY, where no project is set */
  readonly apiKey?: string;
  /** Google Cloud project: Vertex AI. @default GOOGLE_CLOUD_PROJECT or GCP_PROJECT, where no `apiKey` is given */
  readonly project?: string;
  /** Vertex AI region. @default GOOGLE_CLOUD_LOCATION, else the adapter's own */
  readonly location?: string;
  /** Another endpoint; the SDK's base-URL environment variables are not honoured. */
  readonly baseUrl?: string;
  /** @default the SDK's: v1 for the Gemini API, v1beta1 for Vertex AI */
  readonly apiVersion?: string;
  /**
   * `GoogleAuthOptions` of google-auth-library, of any version: the SDK brings its own, whose types do not fit those of others.
   * @default application default credentials
   */
  readonly googleAuthOptions?: object;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Access {
  readonly vertex: boolean;
  readonly apiKey?: string;
  readonly project?: string;
  readonly location?: string;
}

/** A client that is made at the first call, so that importing or configuring an adapter loads no SDK. */
export interface LazyClient {
  /** True on Vertex AI; of a passed-in client, what it says. */
  readonly vertex: boolean;
  /** Whether the client is ours, with a `fetch` that we guard. */
  readonly ours: boolean;
  readonly fetch: typeof globalThis.fetch;
  /** Strings that must never show up anywhere. */
  readonly secrets: readonly string[];
  get(): Promise<GoogleGenAI>;
}

export function lazyClient(options: GoogleOptions, need: 'vertex' | 'either', defaultLocation: string): LazyClient {
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  if (options.client) {
    const { client } = options;
    if (need === 'vertex' && !client.vertexai) throw vertexNeeded();
    const secrets = options.apiKey === undefined ? [] : [options.apiKey];
    return { vertex: client.vertexai, ours: false, fetch, secrets, get: async () => client };
  }
  const access = resolveAccess(options, process.env, defaultLocation);
  if (need === 'vertex' && !access.vertex) throw vertexNeeded();
  let made: Promise<GoogleGenAI> | undefined;
  return {
    vertex: access.vertex,
    ours: true,
    fetch,
    secrets: access.apiKey === undefined ? [] : [access.apiKey],
    get: () => {
      made ??= make(options, access, fetch);
      return made;
    },
  };
}

/** Which API and whose credentials, from the options alone or, where they are silent, the environment. */
export function resolveAccess(options: GoogleOptions, environment: Environment, defaultLocation: string): Access {
  const location = options.location ?? environment.GOOGLE_CLOUD_LOCATION ?? defaultLocation;
  const environmentProject = environment.GOOGLE_CLOUD_PROJECT || environment.GCP_PROJECT;
  const project = options.project ?? (options.apiKey === undefined ? environmentProject : undefined);
  if (project) {
    return { vertex: true, project, location, ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }) };
  }
  const apiKey = options.apiKey ?? environment.GEMINI_API_KEY ?? environment.GOOGLE_API_KEY;
  if (apiKey) return { vertex: false, apiKey };
  throw new ReelstateError('permanent', 'Neither a Google Cloud project nor a Gemini API key is set.', {
    code: 'google-credentials-missing',
    cure: 'Set GOOGLE_CLOUD_PROJECT (Vertex AI) or GEMINI_API_KEY, or pass project, apiKey or client.',
  });
}

async function make(options: GoogleOptions, access: Access, fetch: typeof globalThis.fetch): Promise<GoogleGenAI> {
  const { GoogleGenAI } = await loadSdk();
  return new GoogleGenAI({
    vertexai: access.vertex,
    ...(access.project === undefined ? {} : { project: access.project, location: access.location }),
    ...(access.apiKey === undefined ? {} : { apiKey: access.apiKey }),
    ...(options.apiVersion === undefined ? {} : { apiVersion: options.apiVersion }),
    ...(options.googleAuthOptions === undefined ? {} : { googleAuthOptions: options.googleAuthOptions }),
    httpOptions: {
      baseUrl: options.baseUrl ?? googleBaseUrl(access),
      fetch: guardedFetch(fetch),
    },
  } as GoogleGenAIOptions);
}

/** The SDK, at first use. */
export async function loadSdk(): Promise<typeof import('@google/genai')> {
  try {
    return await import('@google/genai');
  } catch (cause) {
    throw new ReelstateError('permanent', 'The package @google/genai is not installed.', {
      code: 'sdk-missing',
      cure: 'npm install @google/genai',
      effect: 'none',
      cause,
    });
  }
}

/** Set on every client, because the SDK would otherwise let an environment variable redirect keys and prompts. */
export function googleBaseUrl(access: Pick<Access, 'vertex' | 'location'>): string {
  if (!access.vertex) return 'https://generativelanguage.googleapis.com/';
  if (access.location === 'global') return 'https://aiplatform.googleapis.com/';
  if (access.location === 'us' || access.location === 'eu')
    return `https://aiplatform.${access.location}.rep.googleapis.com/`;
  return `https://${access.location}-aiplatform.googleapis.com/`;
}

const vertexNeeded = () =>
  new ReelstateError('permanent', 'Veo is served by Vertex AI only, and no Google Cloud project is set.', {
    code: 'vertex-required',
    cure: 'Set GOOGLE_CLOUD_PROJECT or pass project; with an API key alone use omni().',
  });
