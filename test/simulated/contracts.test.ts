import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { type SimulatedVideoOptions, simulatedLlm, simulatedTranscriber } from '../../src/adapters/simulated/index.ts';
import {
  llmContract,
  transcriptionContract,
  type VideoSetting as VideoContractSetting,
  videoContract,
} from '../../src/adapters/testing/index.ts';
import { ffmpegOutput, fileSource, LONG_ENOUGH_MS, videoSetting } from './support.ts';

async function contractSetting(options: Partial<SimulatedVideoOptions> = {}): Promise<VideoContractSetting> {
  const setting = await videoSetting(options);
  const { outputPlace, seconds } = setting.request();
  return {
    video: setting.video,
    another: setting.another(),
    outputPlace,
    request: { seconds },
    finish: () => setting.clock.advance(LONG_ENOUGH_MS),
    stored: (uri) => fileSource(fileURLToPath(uri)),
  };
}

const first = (fault: NonNullable<SimulatedVideoOptions['misbehave']>[number]['fault']) => () =>
  contractSetting({ misbehave: [{ when: 1, fault }] });

describe('the simulated language model keeps its contract', () => {
  for (const { name, run } of llmContract(() => ({ llm: simulatedLlm() }))) test(name, run);
});

describe('the simulated video vendor keeps its contract', () => {
  const cases = videoContract(contractSetting, {
    refusing: first({ type: 'refused-at-launch' }),
    throttling: first({ type: 'throttled' }),
    notConnected: first({ type: 'not-connected' }),
    answerLost: first({ type: 'response-lost' }),
    filtering: first({ type: 'refused' }),
    failing: first({ type: 'failed', code: 13 }),
  });
  for (const { name, run } of cases) test(name, run);
});

describe('the simulated transcriber keeps its contract', () => {
  const cases = transcriptionContract(async () => {
    const setting = await videoSetting();
    const { path } = await setting.make();
    const [audio, silence] = [join(setting.folder, 'audio.flac'), join(setting.folder, 'silence.flac')];
    await ffmpegOutput('-i', path, '-vn', '-ac', '1', '-ar', '16000', audio);
    await ffmpegOutput('-f', 'lavfi', '-i', 'anullsrc=r=16000:cl=mono', '-t', '4', silence);
    return {
      transcriber: simulatedTranscriber({ folder: join(setting.folder, 'vendor') }),
      audio: await fileSource(audio),
      silence: await fileSource(silence),
      durationMs: 4000,
    };
  });
  for (const { name, run } of cases) test(name, run);
});
