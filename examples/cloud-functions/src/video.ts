import { createPipeline } from 'reelstate';
import { veo } from 'reelstate/google-genai';
import { createFunctions, type Handler } from 'reelstate/hosts';
import { type Connections, type Environment, readEnvironment } from './environment.ts';
import { hosting, shared } from './parts.ts';

/** `agent-video-v2`: launches block 1 when the script is there, and each later block when the one before has arrived in the bucket. */
export function videoFunction(environment: Environment = readEnvironment(), to: Connections = {}): Handler {
  const { project, videoModel } = environment;
  const films = createPipeline({
    ...shared(environment, to),
    video: veo(videoModel, { project, ...to.google, ...(to.model === undefined ? {} : { model: to.model }) }),
  });
  return createFunctions({ ...hosting(environment, to), films }).video;
}
