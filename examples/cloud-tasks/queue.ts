/** One Cloud Task per moment at which a film wants to be looked at, by the REST API: nothing polls, and an idle day costs nothing. */
import { createHash } from 'node:crypto';
import { GoogleAuth } from 'google-auth-library';
import type { Film } from 'reelstate';

export interface QueueOptions {
  /** `projects/…/locations/…/queues/…` */
  readonly queue: string;
  /** Where tasks are delivered. */
  readonly url: string;
  /** Whose token they carry; it needs `roles/run.invoker` there. */
  readonly serviceAccount: string;
  /** @default Google's */
  readonly baseUrl?: string;
  /** An access token for the queue. @default application default credentials */
  readonly accessToken?: () => Promise<string>;
}

type Waiting = Extract<Film, { readonly status: 'waiting' }>;

/**
 * Film, block, take and look: whoever asks for the same look asks for the same task. A name is taken for about an hour after its task has run,
 * so the look's own moment is in it. Hashed, because names that begin alike slow a queue down.
 */
export function taskName(film: Waiting): string {
  const block = film.blocks.find(({ status }) => status !== 'accepted') ?? film.blocks.at(-1);
  const look = `${film.videoId}-b${block?.block ?? 0}-t${block?.takes.at(-1)?.take ?? 0}-p${film.wakeAt}`;
  return `${createHash('sha256').update(film.videoId).digest('hex').slice(0, 8)}-${look}`;
}

/** Answers what wakes a waiting film: a task at its `wakeAt`. Throws where the queue does not take it. */
export function cloudTasks({
  queue,
  url,
  serviceAccount,
  baseUrl = 'https://cloudtasks.googleapis.com',
  accessToken,
}: QueueOptions) {
  const google = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-tasks' });
  const tokenOf = accessToken ?? (async () => (await google.getAccessToken()) ?? '');
  return async (film: Waiting): Promise<void> => {
    const task = {
      name: `${queue}/tasks/${taskName(film)}`,
      scheduleTime: new Date(film.wakeAt).toISOString(),
      dispatchDeadline: '600s',
      httpRequest: {
        url,
        httpMethod: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ video_id: film.videoId })).toString('base64'),
        oidcToken: { serviceAccountEmail: serviceAccount, audience: url },
      },
    };
    const response = await fetch(`${baseUrl}/v2/${queue}/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenOf()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ task }),
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    // 409: the same look was asked for already.
    if (!response.ok && response.status !== 409) throw new Error(`The queue answered ${response.status}.`);
  };
}
