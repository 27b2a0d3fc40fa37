import { createPipeline } from 'reelstate';
import { gemini, videoModel } from 'reelstate/google-genai';
import { createFunctions, type Handler } from 'reelstate/hosts';
import { type Connections, type Environment, readEnvironment } from './environment.ts';
import { hosting, shared } from './parts.ts';

/** `agent-script-v2`: takes the request and writes the script. It knows the video model's limits and prices, not its vendor. */
export function scriptFunction(environment: Environment = readEnvironment(), to: Connections = {}): Handler {
  const films = createPipeline({
    ...shared(environment, to),
    llm: gemini(undefined, { project: environment.project, ...to.google }),
    model: videoModel(environment.videoModel, to.model),
  });
  return createFunctions({ ...hosting(environment, to), films }).script;
}
