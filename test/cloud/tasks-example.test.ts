/** examples/cloud-tasks against a loopback queue that keeps names, and delivers a task when its time has come. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { cloudTasks } from '../../examples/cloud-tasks/queue.ts';
import { createWorker } from '../../examples/cloud-tasks/worker.ts';
import { studio } from '../support/studio.ts';

interface Task {
  readonly name: string;
  readonly scheduleTime: string;
  readonly httpRequest: {
    readonly url: string;
    readonly body: string;
    readonly oidcToken: { readonly serviceAccountEmail: string; readonly audience: string };
  };
}

const QUEUE = 'projects/demo/locations/us-central1/queues/films';
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Takes each name once, as Cloud Tasks does for about an hour. */
async function startQueue() {
  const tasks: Task[] = [];
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { task } = JSON.parse(String(Buffer.concat(chunks))) as { readonly task: Task };
    const isOurs = request.url === `/v2/${QUEUE}/tasks` && request.headers.authorization === 'Bearer access';
    const isKnown = tasks.some(({ name }) => name === task.name);
    if (isOurs && !isKnown) tasks.push(task);
    if (isKnown) refused.push(task.name);
    response.writeHead(isOurs ? (isKnown ? 409 : 200) : 404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close());
  return { tasks, refused, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('each wake is one task, by video, block, take and look; doubled calls make no second one', async () => {
  const { films, clock, video } = studio();
  const queue = await startQueue();
  const worker = createWorker({
    films,
    auth: 'anyone-may-call',
    wake: cloudTasks({
      queue: QUEUE,
      url: 'https://films.example/',
      serviceAccount: 'tasks@demo.iam.gserviceaccount.com',
      baseUrl: queue.url,
      accessToken: async () => 'access',
    }),
  });
  const call = (path: string, body: object) =>
    worker(new Request(`http://x${path}`, { method: 'POST', body: JSON.stringify(body) }));
  await call('/films', { theme: 'Bees', video_id: 'film_0001' });
  for (let next = 0; next < queue.tasks.length && next < 100; next += 1) {
    const { scheduleTime, httpRequest } = queue.tasks[next] as Task;
    await clock.advance(Math.max(0, Date.parse(scheduleTime) - clock.now()));
    const body = JSON.parse(Buffer.from(httpRequest.body, 'base64').toString()) as object;
    // At least once: this queue delivers each task twice, at once.
    const answers = await Promise.all([call('/', body), call('/', body)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }
  expect(await films.get('film_0001')).toMatchObject({ status: 'completed' });
  expect(video.books).toHaveLength(5);
  expect(queue.tasks[0]).toMatchObject({
    name: expect.stringMatching(new RegExp(`^${QUEUE}/tasks/[0-9a-f]{8}-film_0001-b1-t1-p\\d+$`)),
    httpRequest: {
      oidcToken: { serviceAccountEmail: 'tasks@demo.iam.gserviceaccount.com', audience: 'https://films.example/' },
    },
  });
  expect(new Set(queue.tasks.map(({ name }) => name)).size).toBe(queue.tasks.length);
  expect(queue.refused.length).toBeGreaterThan(0);
});

test('where the queue does not take the task, the one that asked comes again', async () => {
  const { films } = studio();
  const worker = createWorker({
    films,
    auth: 'anyone-may-call',
    wake: async () => {
      throw new Error('The queue answered 500.');
    },
  });
  const response = await worker(new Request('http://x/films', { method: 'POST', body: '{"theme":"Bees"}' }));
  expect([response.status, await response.json()]).toMatchObject([503, { status: 'error' }]);
});
