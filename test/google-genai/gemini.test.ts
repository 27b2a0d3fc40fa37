import { expect, test } from 'vitest';
import { startVertexServer } from '../support/vertex-server.ts';
import { geminiOn } from './helpers.ts';

const request = {
  instructions: 'Write a script.',
  input: 'Theme: bread',
  schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
};

test('asks for JSON by its schema and gives back value, text and every paid token', async () => {
  await using server = await startVertexServer();
  const { value, text, usage } = await geminiOn(server).generate({ ...request, seed: 5 });
  expect({ value, text }).toEqual({ value: { ok: true }, text: '{"ok":true}' });
  expect(usage).toEqual({ input: 7, output: 103 });
  expect(server.calls[0]?.url.pathname).toBe('/v1/models/gemini-3.8-flash:generateContent');
  expect(JSON.parse(String(server.calls[0]?.body))).toEqual({
    contents: [{ parts: [{ text: 'Theme: bread' }], role: 'user' }],
    systemInstruction: { parts: [{ text: 'Write a script.' }], role: 'user' },
    generationConfig: {
      maxOutputTokens: 16_384,
      responseMimeType: 'application/json',
      responseJsonSchema: request.schema,
      seed: 5,
      thinkingConfig: { thinkingLevel: 'LOW' },
    },
  });
});
