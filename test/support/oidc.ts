/** Google's OIDC issuer with a key of our own: tokens like Google's, and the real library's check with our certificates. */
import { createSign, generateKeyPairSync } from 'node:crypto';
import { OAuth2Client } from 'google-auth-library';

export interface Issuer {
  readonly privateKey: string;
  readonly publicKey: string;
  token(claims: Readonly<Record<string, unknown>>): string;
  /** google-auth-library, which finds our key where it would find Google's. */
  client(): OAuth2Client;
}

const KEY_ID = 'test-key';
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(privateKey: string, claims: Readonly<Record<string, unknown>>): string {
  const now = Math.floor(Date.now() / 1000);
  const head = encode({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' });
  const payload = encode({
    iss: 'https://accounts.google.com',
    iat: now,
    exp: now + 3600,
    email_verified: true,
    ...claims,
  });
  const signature = createSign('RSA-SHA256').update(`${head}.${payload}`).sign(privateKey, 'base64url');
  return `${head}.${payload}.${signature}`;
}

export function issuerWith(privateKey: string, publicKey: string): Issuer {
  return {
    privateKey,
    publicKey,
    token: (claims) => sign(privateKey, claims),
    client() {
      const client = new OAuth2Client();
      const certificates = { certs: { [KEY_ID]: publicKey }, format: 'PEM' };
      client.getFederatedSignonCertsAsync = async () =>
        certificates as Awaited<ReturnType<OAuth2Client['getFederatedSignonCertsAsync']>>;
      return client;
    },
  };
}

export function createIssuer(): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return issuerWith(privateKey, publicKey);
}
