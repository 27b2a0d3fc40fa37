import { createPipeline } from 'reelstate';
import { gemini, veo } from 'reelstate/google-genai';
import { createFunctions, type Handler } from 'reelstate/hosts';
import { type Connections, type Environment, readEnvironment } from './environment.ts';
import { hosting, shared } from './parts.ts';

/** `monitor-veo31`: every minute whatever no event did, refused words made harmless by the language model among it. */
export function monitorFunction(environment: Environment = readEnvironment(), to: Connections = {}): Handler {
  const { project, videoModel } = environment;
  const films = createPipeline({
    ...shared(environment, to),
    llm: gemini(undefined, { project, ...to.google }),
    video: veo(videoModel, { project, ...to.google, ...(to.model === undefined ? {} : { model: to.model }) }),
  });
  return createFunctions({ ...hosting(environment, to), films }).monitor;
}
