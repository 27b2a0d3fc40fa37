/** What a function process needs to know of the loopback servers, as it travels in an environment variable. */
import { OAuth2Client } from 'google-auth-library';
import type { Connections } from '../../../examples/cloud-functions/src/environment.ts';
import { videoModel } from '../../../src/adapters/google-genai/index.ts';
import type { VideoTiming } from '../../../src/core/ports.ts';
import { issuerWith } from '../../support/oidc.ts';
import { type Meter, meteredFirestore } from './meter.ts';

export interface Loopback {
  readonly project: string;
  readonly emulatorHost: string;
  readonly gcsUrl: string;
  readonly googleUrl: string;
  readonly openaiUrl: string;
  readonly timing?: Partial<VideoTiming>;
  readonly tickMs?: number;
  readonly issuer: { readonly privateKey: string; readonly publicKey: string; readonly email: string };
}

/** The real clients, pointed at the loopback servers. */
export function connect(loopback: Loopback, meter: Meter, changed?: () => void): Connections {
  const { project, emulatorHost, gcsUrl, googleUrl, openaiUrl, timing, tickMs, issuer } = loopback;
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'loopback' });
  const { privateKey, publicKey, email } = issuer;
  const oidc = issuerWith(privateKey, publicKey);
  return {
    storage: { apiEndpoint: gcsUrl },
    state: { client: meteredFirestore({ projectId: project, emulatorHost }, meter, changed) },
    google: { project, location: 'us-central1', baseUrl: googleUrl, googleAuthOptions: { authClient } },
    openai: { baseURL: openaiUrl, pricePerMinute: 6000 },
    oidc: oidc.client(),
    idToken: async (audience) => oidc.token({ aud: audience, email }),
    ...(timing === undefined
      ? {}
      : { model: { timing: { ...videoModel('veo-3.1-fast-generate-001').timing, ...timing } } }),
    ...(tickMs === undefined ? {} : { tickMs }),
  };
}
