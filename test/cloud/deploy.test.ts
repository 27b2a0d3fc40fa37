/** examples/cloud-functions: what its environment takes, and which commands its deploy script gives. */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../examples/cloud-functions/src/environment.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the environment', () => {
  const least = { GCP_PROJECT: 'demo', AUDIENCE: 'https://a.example,https://b.example', CALLERS: 'x@y' };

  test('has defaults', () => {
    expect(readEnvironment(least)).toEqual({
      project: 'demo',
      bucket: 'demo-films',
      language: 'en',
      videoModel: 'veo-3.1-fast-generate-001',
      oidc: {
        audience: ['https://a.example', 'https://b.example'],
        callers: ['x@y'],
        signatureRemovedByCloudRun: false,
      },
    });
  });

  test('takes the names that the functions before it had', () => {
    const given = readEnvironment({
      ...least,
      BUCKET_NAME: 'tiktok-pipeline-v2-artifacts',
      AGENT_VIDEO_URL: 'https://video.example/',
      AGENT_ASSEMBLER_URL: 'https://assembler.example/',
    });
    expect(given).toMatchObject({
      bucket: 'tiktok-pipeline-v2-artifacts',
      videoUrl: 'https://video.example/',
      assemblerUrl: 'https://assembler.example/',
    });
    expect(readEnvironment({ ...least, BUCKET_NAME: 'films-v1', BUCKET_NAME_V2: 'films-v2' }, 'assembler').bucket).toBe(
      'films-v2',
    );
    expect(readEnvironment({ ...least, BUCKET_NAME: 'films-v1', BUCKET_NAME_V2: 'films-v2' }).bucket).toBe('films-v1');
  });

  test.each([
    ['GCP_PROJECT', { GCP_PROJECT: '' }],
    ['AUDIENCE', { AUDIENCE: undefined }],
    ['CALLERS', { CALLERS: '' }],
    ['AGENT_VIDEO_URL', { AGENT_VIDEO_URL: 'not a url' }],
    ['AGENT_ASSEMBLER_URL', { AGENT_ASSEMBLER_URL: 'ftp://x' }],
    ['BUCKET_NAME', { BUCKET_NAME: 'gs://films' }],
  ])('names %s where it is missing or wrong', (name, change) => {
    expect(() => readEnvironment({ ...least, ...change })).toThrow(name);
  });
});

describe('deploy.sh', () => {
  let folder = '';
  let commands: readonly string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'reelstate-deploy-'));
    await cp(path.join(root, 'examples/cloud-functions'), folder, { recursive: true });
    await mkdir(path.join(folder, 'node_modules/reelstate/assets'), { recursive: true });
    await cp(
      path.join(root, 'assets/firestore.indexes.json'),
      path.join(folder, 'node_modules/reelstate/assets/firestore.indexes.json'),
    );
    // A gcloud that writes down what it is told, finds nothing there yet, and knows two answers.
    const fake = `#!/usr/bin/env bash
printf '%s\\n' "$*" >> "${folder}/commands"
case "$*" in
  *projectNumber*) echo 123 ;;
  *'run services describe'*) echo https://$4-abc-uc.a.run.app ;;
  *' describe '*) exit 1 ;;
esac`;
    await mkdir(path.join(folder, 'bin'));
    await writeFile(path.join(folder, 'bin/gcloud'), fake);
    await chmod(path.join(folder, 'bin/gcloud'), 0o755);
    const env = {
      ...process.env,
      PATH: `${folder}/bin:${process.env.PATH}`,
      GCP_PROJECT: 'demo',
      CALLER: 'backend@demo.iam.gserviceaccount.com',
    };
    await promisify(execFile)('bash', [path.join(folder, 'deploy.sh')], { env });
    commands = (await readFile(path.join(folder, 'commands'), 'utf8')).trimEnd().split('\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const matching = (pattern: RegExp) => commands.filter((command) => pattern.test(command));

  test('opens nothing', () => {
    expect(
      matching(/(?<!--no-)allow-unauthenticated|allUsers|allAuthenticatedUsers/).filter(
        (command) => !command.includes('--no-allow-unauthenticated'),
      ),
    ).toEqual([]);
    const http = matching(/^functions deploy (agent-script-v2|monitor-veo31) |^run deploy /);
    expect(http).toHaveLength(3);
    for (const command of http) expect(command).toContain('--no-allow-unauthenticated');
  });

  test('every service checks its callers, and the video function has its events again when they fail', () => {
    const updates = matching(/^run services update /);
    expect(updates).toHaveLength(4);
    for (const command of updates) {
      expect(command).toMatch(
        /CHECKED_BY_CLOUD_RUN=true;AUDIENCE=https:\/\/[^;]+run\.app,[^;]+;CALLERS=[^;]+@demo\.iam\.gserviceaccount\.com/,
      );
    }
    const [video] = matching(/^functions deploy agent-video-v2 /);
    expect(video).toMatch(/type=google\.cloud\.storage\.object\.v1\.finalized .*bucket=demo-films .*--retry/);
    expect(
      matching(
        /^eventarc triggers create film-assembler .*type=google.cloud.storage.object.v1.finalized .*bucket=demo-films/,
      ),
    ).toHaveLength(1);
  });

  test('each function has its own account with no more than it needs', () => {
    const roles = matching(/add-iam-policy-binding/).map((command) =>
      /serviceAccount:([\w-]+)@.*--role (\S+)/.exec(command)?.slice(1).join(' '),
    );
    expect(roles.some((role) => /owner|editor|admin/i.test(role ?? ''))).toBe(false);
    expect(roles).not.toContain('film-assembler roles/aiplatform.user');
    expect(roles.filter((role) => role?.endsWith('secretAccessor'))).toEqual([
      'film-assembler roles/secretmanager.secretAccessor',
    ]);
  });

  test('monitor and assembler have a job each minute, with a token for their own address', () => {
    const jobs = matching(/^scheduler jobs create http /);
    expect(jobs).toHaveLength(2);
    expect(jobs[0]).toMatch(/film-monitor .*--schedule \* \* \* \* \* --uri (\S+) .*--oidc-token-audience \1 /);
    expect(jobs[1]).toContain('--message-body {"tick":true}');
  });

  test('every index of the package is asked for', async () => {
    const { indexes } = JSON.parse(await readFile(path.join(root, 'assets/firestore.indexes.json'), 'utf8')) as {
      readonly indexes: readonly unknown[];
    };
    expect(matching(/^firestore indexes composite create /)).toHaveLength(indexes.length);
  });
});
