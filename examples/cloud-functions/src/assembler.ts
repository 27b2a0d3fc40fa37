import { createPipeline } from 'reelstate';
import { ffmpeg } from 'reelstate/ffmpeg';
import { createFunctions, type Handler } from 'reelstate/hosts';
import { whisper } from 'reelstate/openai';
import { type Connections, type Environment, readEnvironment } from './environment.ts';
import { hosting, shared } from './parts.ts';

/** `agent-assembler-v2`: hears each block as it arrives, burns the captions in, cuts the film. The only one with ffmpeg. */
export function assemblerFunction(
  environment: Environment = readEnvironment(process.env, 'assembler'),
  to: Connections = {},
): Handler {
  const films = createPipeline({
    ...shared(environment, to),
    transcription: whisper(to.openai),
    media: ffmpeg(),
  });
  return createFunctions({ ...hosting(environment, to), films }).assembler;
}
