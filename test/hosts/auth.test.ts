import { beforeAll, describe, expect, test } from 'vitest';
import { authenticator } from '../../src/hosts/auth.ts';
import { caught } from '../google-genai/helpers.ts';
import { createIssuer, type Issuer } from '../support/oidc.ts';
import { post, startHost } from './support.ts';

const AUDIENCE = 'https://agent-video-v2.example';
const EMAIL = 'events@demo.iam.gserviceaccount.com';

let issuer: Issuer;
beforeAll(() => {
  issuer = createIssuer();
});

const asks = (token: string | undefined) =>
  new Request('http://x/', token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
const auth = () => ({ audience: AUDIENCE, callers: [EMAIL], client: issuer.client() });
const removed = (token: string) => token.replace(/[^.]+$/, 'SIGNATURE_REMOVED_BY_GOOGLE');

describe('the real library, with a key of our own', () => {
  test('the right caller with a token for us may call', async () => {
    expect(await authenticator(auth())(asks(issuer.token({ aud: AUDIENCE, email: EMAIL })))).toBe(true);
  });

  test.each<[string, () => string | undefined]>([
    ['no token', () => undefined],
    ['a word', () => 'letmein'],
    ['another audience', () => issuer.token({ aud: 'https://else.example', email: EMAIL })],
    ['no audience', () => issuer.token({ email: EMAIL })],
    [
      'the right audience, another caller',
      () => issuer.token({ aud: AUDIENCE, email: 'eve@demo.iam.gserviceaccount.com' }),
    ],
    ['no caller', () => issuer.token({ aud: AUDIENCE })],
    ['an e-mail that nobody verified', () => issuer.token({ aud: AUDIENCE, email: EMAIL, email_verified: false })],
    ['another issuer', () => issuer.token({ aud: AUDIENCE, email: EMAIL, iss: 'https://evil.example' })],
    [
      'a token of long ago',
      () => issuer.token({ aud: AUDIENCE, email: EMAIL, iat: 1_600_000_000, exp: 1_600_003_600 }),
    ],
    ['the key of somebody else', () => createIssuer().token({ aud: AUDIENCE, email: EMAIL })],
    ['a signature that was taken off', () => removed(issuer.token({ aud: AUDIENCE, email: EMAIL }))],
    [
      'claims that were changed',
      () => issuer.token({ aud: AUDIENCE, email: EMAIL }).replace(/\.(\w{10})/, '.AAAAAAAAAA'),
    ],
  ])('%s: no', async (_what, token) => {
    expect(await authenticator(auth())(asks(token()))).toBe(false);
  });
});

describe('where Cloud Run has checked and taken the signature off', () => {
  const behind = () => authenticator({ ...auth(), signatureRemovedByCloudRun: true });

  test('audience, caller and time are still checked', async () => {
    const token = (claims: Readonly<Record<string, unknown>>) =>
      asks(removed(issuer.token({ aud: AUDIENCE, email: EMAIL, ...claims })));
    expect(await behind()(token({}))).toBe(true);
    expect(await behind()(token({ aud: 'https://else.example' }))).toBe(false);
    expect(await behind()(token({ email: 'eve@demo.iam.gserviceaccount.com' }))).toBe(false);
    expect(await behind()(token({ email_verified: false }))).toBe(false);
    expect(await behind()(token({ exp: 1_600_003_600 }))).toBe(false);
    expect(await behind()(token({ iss: 'https://evil.example' }))).toBe(false);
  });

  test('any other signature is checked as ever', async () => {
    const good = issuer.token({ aud: AUDIENCE, email: EMAIL });
    expect(await behind()(asks(good))).toBe(true);
    expect(await behind()(asks(good.replace(/[^.]+$/, 'c2lnbmF0dXJl')))).toBe(false);
  });
});

test('without an audience or a caller nothing is hosted, as either would let any Google account in', () => {
  for (const wrong of [
    { audience: '', callers: [EMAIL] },
    { audience: [], callers: [EMAIL] },
    { audience: AUDIENCE, callers: [] },
    { audience: AUDIENCE, callers: [''] },
  ])
    expect(caught(() => authenticator(wrong))).toMatchObject({ code: 'auth-not-configured' });
});

test('all refusals look alike and tell nothing of the token; the body is not read', async () => {
  const host = await startHost({ functions: { auth: auth() } });
  const tokens = [
    undefined,
    'x.y.z',
    issuer.token({ aud: 'https://else.example', email: EMAIL }),
    issuer.token({ aud: AUDIENCE, email: 'eve@x' }),
  ];
  const texts = new Set<string>();
  for (const handler of [
    host.functions.script,
    host.functions.video,
    host.functions.monitor,
    host.functions.assembler,
  ]) {
    for (const token of tokens) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await post(handler, '{"theme":"Bees"', headers as Record<string, string>);
      expect(response.status).toBe(401);
      texts.add(await response.text());
    }
  }
  expect([...texts]).toEqual(['{"status":"error","code":"unauthenticated","message":"The caller is not known."}']);
  expect(JSON.stringify(host.logger.lines)).not.toContain('eyJ');
  await host.close();
});
