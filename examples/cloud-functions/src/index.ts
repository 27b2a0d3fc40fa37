/** Registers all four by name; a deployment picks one as its target, and only that one's parts are loaded. */
import { http } from '@google-cloud/functions-framework';
import { type Handler, toNodeHandler } from 'reelstate/hosts';

function lazily(load: () => Promise<Handler>): Handler {
  let loaded: Promise<Handler> | undefined;
  return async (request) => {
    loaded ??= load();
    return (await loaded)(request);
  };
}

// All four as `http`: a `cloudEvent` registration could not answer the requests that the same address takes.
http('agent-script-v2', toNodeHandler(lazily(async () => (await import('./script.ts')).scriptFunction())));
http('agent-video-v2', toNodeHandler(lazily(async () => (await import('./video.ts')).videoFunction())));
http('monitor-veo31', toNodeHandler(lazily(async () => (await import('./monitor.ts')).monitorFunction())));
http('agent-assembler-v2', toNodeHandler(lazily(async () => (await import('./assembler.ts')).assemblerFunction())));
