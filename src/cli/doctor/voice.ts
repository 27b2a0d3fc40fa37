import type { Finding } from './finding.ts';

/** Who speaks in simulated videos. */
export async function voiceFindings(): Promise<readonly Finding[]> {
  const { chooseVoice } = await import('../../adapters/simulated/voices.ts');
  const { id } = await chooseVoice('en', 'Hello.', {});
  const about = 'simulated voice';
  if (id !== 'hum') return [{ about, level: 'good', message: id }];
  const cure = 'To hear the words: apt-get install espeak-ng, brew install espeak-ng, or npm install text2wav.';
  return [{ about, level: 'note', message: 'none, so simulated videos hum with the rhythm of speech.', cure }];
}
