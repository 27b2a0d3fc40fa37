/** The source that functions-framework is started with: the example's own functions, connected to the loopback servers. */
import { http } from '@google-cloud/functions-framework';
import { assemblerFunction } from '../../../examples/cloud-functions/src/assembler.ts';
import { readEnvironment } from '../../../examples/cloud-functions/src/environment.ts';
import { monitorFunction } from '../../../examples/cloud-functions/src/monitor.ts';
import { scriptFunction } from '../../../examples/cloud-functions/src/script.ts';
import { videoFunction } from '../../../examples/cloud-functions/src/video.ts';
import { type Handler, toNodeHandler } from '../../../src/hosts/index.ts';
import { connect, type Loopback } from './connections.ts';
import type { Meter } from './meter.ts';

const meter: Meter = { reads: 0, writes: 0, commits: 0 };
const connections = connect(JSON.parse(process.env.LOOPBACK ?? '{}') as Loopback, meter, () =>
  process.send?.({ meter }),
);
const functions: Readonly<Record<string, (...args: Parameters<typeof scriptFunction>) => Handler>> = {
  'agent-script-v2': scriptFunction,
  'agent-video-v2': videoFunction,
  'monitor-veo31': monitorFunction,
  'agent-assembler-v2': assemblerFunction,
};

for (const [name, make] of Object.entries(functions)) {
  // Made at its first call, by the one process whose target it is.
  let handler: Handler | undefined;
  http(
    name,
    toNodeHandler((request) => {
      handler ??= make(
        readEnvironment(process.env, name === 'agent-assembler-v2' ? 'assembler' : 'other'),
        connections,
      );
      return handler(request);
    }),
  );
}
