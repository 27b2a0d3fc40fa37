/** What the functions read from their environment: the names are those of the functions that they replace. */
import type { FirestoreOptions, GcsOptions } from 'reelstate/google-cloud';
import type { GoogleOptions, VideoModelOverride } from 'reelstate/google-genai';
import type { IdToken, OidcOptions } from 'reelstate/hosts';
import type { WhisperOptions } from 'reelstate/openai';

export interface Environment {
  readonly project: string;
  readonly bucket: string;
  /** Addresses of the other functions; without them storage events and scheduler jobs wake those. */
  readonly videoUrl?: string;
  readonly assemblerUrl?: string;
  readonly oidc: OidcOptions;
  /** Of films whose request says nothing. */
  readonly language: string;
  readonly videoModel: string;
}

/** Other servers than the vendors' own: tests and the demo run these very functions against loopback ones. */
export interface Connections {
  readonly storage?: Partial<GcsOptions>;
  readonly state?: FirestoreOptions;
  readonly google?: GoogleOptions;
  readonly openai?: WhisperOptions;
  readonly model?: VideoModelOverride;
  readonly oidc?: OidcOptions['client'];
  readonly idToken?: IdToken;
  readonly tickMs?: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

function wanted(variables: Variables, names: readonly string[], what: string): string {
  const value = names.map((name) => variables[name]).find((given) => given !== undefined && given !== '');
  if (value !== undefined) return value;
  throw new Error(`${names.join(' or ')} is not set: ${what}.`);
}

function url(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  if (value === undefined || value === '') return undefined;
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw new Error(`${name} is no URL: give the function's https address, or leave it out.`);
}

/** The assembler's own variable wins for the assembler. */
function bucketOf(variables: Variables, project: string, who: 'assembler' | 'other'): string {
  const own = who === 'assembler' ? variables.BUCKET_NAME_V2 : undefined;
  const bucket = own || variables.BUCKET_NAME || `${project}-films`;
  if (/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) return bucket;
  throw new Error('BUCKET_NAME is no bucket: give the name alone, without gs:// and without a path.');
}

/** Throws with the variable's name where one is missing or wrong. */
export function readEnvironment(variables: Variables = process.env, who: 'assembler' | 'other' = 'other'): Environment {
  const project = wanted(variables, ['GCP_PROJECT', 'GOOGLE_CLOUD_PROJECT'], 'the id of the Google Cloud project');
  const [videoUrl, assemblerUrl] = [url(variables, 'AGENT_VIDEO_URL'), url(variables, 'AGENT_ASSEMBLER_URL')];
  return {
    project,
    bucket: bucketOf(variables, project, who),
    ...(videoUrl === undefined ? {} : { videoUrl }),
    ...(assemblerUrl === undefined ? {} : { assemblerUrl }),
    oidc: {
      audience: wanted(variables, ['AUDIENCE'], "this function's own addresses, with commas").split(','),
      callers: wanted(variables, ['CALLERS'], 'e-mail addresses of the service accounts that may call').split(','),
      // Set by deploy.sh, which deploys nothing that is open: see the README.
      signatureRemovedByCloudRun: variables.CHECKED_BY_CLOUD_RUN === 'true',
    },
    language: variables.FILM_LANGUAGE || 'en',
    videoModel: variables.VIDEO_MODEL || 'veo-3.1-fast-generate-001',
  };
}
