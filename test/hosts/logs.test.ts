import { expect, test } from 'vitest';
import { fakeLlm, fakeVideo, manualClock, memoryState, memoryStorage } from '../../src/adapters/memory/index.ts';
import { jsonLogger, logEvents } from '../../src/hosts/index.ts';
import { createPipeline } from '../../src/index.ts';
import { recordingLogger } from './support.ts';

test('each line is one JSON object with its severity', () => {
  const lines: string[] = [];
  const logger = jsonLogger({ write: (line) => void lines.push(line) });
  logger.debug('not asked for');
  logger.info('take launched', { videoId: 'film_0001', block: 2, usd: 0.7 });
  logger.warn('line\nbreak');
  logger.error('no');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { severity: 'INFO', message: 'take launched', videoId: 'film_0001', block: 2, usd: 0.7 },
    { severity: 'WARNING', message: 'line\nbreak' },
    { severity: 'ERROR', message: 'no' },
  ]);
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
});

test('a field cannot pose as the severity, and secrets are taken out', () => {
  const lines: string[] = [];
  const logger = jsonLogger({ write: (line) => void lines.push(line), level: 'debug' });
  logger.debug('Bearer ya29.canary-token-of-a-machine', {
    severity: 'EMERGENCY',
    detail: 'https://x/?X-Goog-Signature=canary00',
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ severity: 'DEBUG' });
  expect(lines.join()).not.toContain('canary');
});

test('every event of a film is logged once, by whichever process made it happen', async () => {
  const clock = manualClock();
  const storage = memoryStorage();
  const state = memoryState();
  const video = fakeVideo({ clock, storage });
  const hosts = [recordingLogger(), recordingLogger()].map((logger) => ({
    logger,
    films: createPipeline({ clock, storage, llm: fakeLlm(), video, state: logEvents(state, logger), checks: false }),
  }));
  const [first, second] = hosts;
  const { videoId } = (await first?.films.create({ theme: 'Bees', durationSeconds: 15 })) ?? { videoId: '' };
  for (let turn = 0; turn < 6; turn += 1) {
    await (turn % 2 === 0 ? first : second)?.films.advance(videoId);
    await clock.advance(70_000);
  }
  const film = await first?.films.get(videoId);
  const logged = hosts.flatMap(({ logger }) => logger.lines).filter(({ fields }) => fields.event !== undefined);
  expect(logged.map(({ message }) => message).sort()).toEqual(film?.events.map(({ type }) => type).sort());
  expect(logged).toContainEqual({
    level: 'info',
    message: 'take-launched',
    fields: { videoId, event: 'take-launched', block: 2, take: 1, usd: 0.7, charge: 'reserved' },
  });
});
