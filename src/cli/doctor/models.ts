import type { Finding } from './finding.ts';

const LEVELS = { current: 'good', retiring: 'note', 'may-be-retired': 'warning', unknown: 'warning' } as const;

/** Which models of the registry may be gone by its own dates; nobody is asked. */
export async function modelFindings(now: number): Promise<readonly Finding[]> {
  const { defaultTextModel, modelNotice, videoModels } = await import('../../adapters/google-genai/models.ts');
  const day = new Date(now).toISOString().slice(0, 10);
  return [...videoModels.map(({ id }) => id), defaultTextModel].map((id): Finding => {
    const { status, message, successor } = modelNotice(id, day);
    const finding = { about: 'model', level: LEVELS[status], message };
    return successor === undefined || status === 'current'
      ? finding
      : { ...finding, cure: `Name ${successor} instead where you pass a model.` };
  });
}
