/** Who may call: Google's OIDC tokens, checked for audience *and* caller. */
import type { OAuth2Client } from 'google-auth-library';
import { badInput, ReelstateError } from '../core/errors.ts';
import { type Handler, refuse } from './http.ts';

/** What a token says, as far as it is looked at. */
export interface TokenClaims {
  readonly iss?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly exp?: number | undefined;
  readonly email?: string | undefined;
  readonly email_verified?: boolean | undefined;
}

export interface OidcOptions {
  /** The addresses of this service, one of which a token must be made for. */
  readonly audience: string | readonly string[];
  /** E-mail addresses of the service accounts that may call: the event trigger's, the scheduler's, the backend's. */
  readonly callers: readonly string[];
  /**
   * True where Cloud Run itself demands a token (`--no-allow-unauthenticated`): it checks the signature and then puts
   * `SIGNATURE_REMOVED_BY_GOOGLE` in its place, so that only the claims are left to be checked here. Never set it for a service that is open.
   * @default false
   */
  readonly signatureRemovedByCloudRun?: boolean;
  /** Checks signature, audience, issuer and time. @default google-auth-library's `OAuth2Client` */
  readonly client?: Pick<OAuth2Client, 'verifyIdToken'>;
}

/** `'anyone-may-call'` turns the check off: for a machine of one's own, or behind a gateway that checks. */
export type Auth = OidcOptions | 'anyone-may-call';

/** Whether the caller of a request may call. Never throws for a bad token and never says what is wrong with it. */
export type Authenticate = (request: Request) => Promise<boolean>;

const BEARER = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i;
const REMOVED = 'SIGNATURE_REMOVED_BY_GOOGLE';
const ISSUERS: readonly (string | undefined)[] = ['https://accounts.google.com', 'accounts.google.com'];

async function loadClient(): Promise<Pick<OAuth2Client, 'verifyIdToken'>> {
  try {
    const { OAuth2Client } = await import('google-auth-library');
    return new OAuth2Client();
  } catch (cause) {
    throw new ReelstateError('permanent', 'The package google-auth-library is not installed.', {
      code: 'sdk-missing',
      cure: 'npm install google-auth-library',
      cause,
    });
  }
}

function claimsOf(payload: string): TokenClaims | undefined {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as TokenClaims;
  } catch {
    return undefined;
  }
}

/** Throws `auth-not-configured` where no audience or no caller is given: either would let any Google account in. */
export function authenticator(auth: Auth): Authenticate {
  if (auth === 'anyone-may-call') return async () => true;
  const audiences = [auth.audience].flat().filter((audience) => audience !== '');
  const callers = new Set(auth.callers.filter((caller) => caller !== ''));
  if (audiences.length === 0 || callers.size === 0) {
    throw badInput(
      'auth-not-configured',
      'A function that checks its callers needs an audience and at least one caller.',
      "Pass auth: { audience, callers }, or 'anyone-may-call' where something else checks.",
    );
  }
  let loaded: Promise<Pick<OAuth2Client, 'verifyIdToken'>> | undefined;
  const verified = async (token: string): Promise<TokenClaims | undefined> => {
    loaded ??= auth.client ? Promise.resolve(auth.client) : loadClient();
    const client = await loaded;
    // Its errors quote the whole token, so nothing of them is kept.
    const ticket = await client.verifyIdToken({ idToken: token, audience: audiences }).catch(() => undefined);
    return ticket?.getPayload();
  };
  const unsigned = (payload: string): TokenClaims | undefined => {
    const claims = claimsOf(payload);
    const isForUs = [claims?.aud ?? []].flat().some((audience) => audiences.includes(audience));
    const isAlive = (claims?.exp ?? 0) * 1000 > Date.now();
    return isForUs && isAlive && ISSUERS.includes(claims?.iss) ? claims : undefined;
  };
  return async (request) => {
    const [, head, payload, signature] = BEARER.exec(request.headers.get('authorization') ?? '') ?? [];
    if (head === undefined || payload === undefined || signature === undefined) return false;
    const isRemoved = auth.signatureRemovedByCloudRun === true && signature === REMOVED;
    const claims = isRemoved ? unsigned(payload) : await verified(`${head}.${payload}.${signature}`);
    return claims?.email_verified === true && callers.has(claims.email ?? '');
  };
}

/** A handler of your own behind the same check: 401 for whoever may not call. Throws `auth-not-configured`. */
export function authenticated(auth: Auth, handler: Handler): Handler {
  const authenticate = authenticator(auth);
  return async (request) => ((await authenticate(request)) ? handler(request) : refuse(401, 'unauthenticated'));
}

/** A token of this machine's service account for another service. */
export type IdToken = (audience: string) => Promise<string>;

/** Google's metadata server or application default credentials, by google-auth-library; tokens are kept until they end. */
export function googleIdToken(): IdToken {
  const clients = new Map<string, Promise<{ getRequestHeaders(): Promise<Headers> }>>();
  const connect = async (audience: string) => {
    const { GoogleAuth } = await import('google-auth-library');
    return new GoogleAuth().getIdTokenClient(audience);
  };
  return async (audience) => {
    const client = clients.get(audience) ?? connect(audience);
    clients.set(audience, client);
    const headers = await (await client).getRequestHeaders();
    return (headers.get('authorization') ?? '').replace(/^Bearer /, '');
  };
}
