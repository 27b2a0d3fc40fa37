/** What is known about a hosted transcription model. */
export interface TranscriptionModel {
  /** The id that the API takes. */
  readonly id: string;
  /** Micro-dollars per minute of audio. */
  readonly pricePerMinute: number;
  /** Word times, which captions need; the others of OpenAI's models have none. */
  readonly wordTimes: boolean;
  /** ISO date on which price and dates were read. */
  readonly asOf: string;
  /** ISO date of the announced shutdown. */
  readonly retiresOn?: string;
  /** What may follow it. */
  readonly successor?: string;
}

const shutdown = '2027-02-26';
const selfHosted = 'a self-hosted Whisper (whisper({ baseURL }))';

/** OpenAI's models; the shutdown date is announced in the type declarations of the package `openai` 7.57. */
export const transcriptionModels: readonly TranscriptionModel[] = [
  {
    id: 'whisper-1',
    pricePerMinute: 6000,
    wordTimes: true,
    asOf: '2026-11-13',
    retiresOn: shutdown,
    successor: selfHosted,
  },
  {
    id: 'gpt-4o-transcribe',
    pricePerMinute: 6000,
    wordTimes: false,
    asOf: '2026-11-13',
    retiresOn: shutdown,
    successor: 'gpt-transcribe',
  },
  {
    id: 'gpt-4o-mini-transcribe',
    pricePerMinute: 3000,
    wordTimes: false,
    asOf: '2026-11-13',
    retiresOn: shutdown,
    successor: 'gpt-transcribe',
  },
  {
    id: 'gpt-4o-transcribe-diarize',
    pricePerMinute: 6000,
    wordTimes: false,
    asOf: '2026-11-13',
    retiresOn: shutdown,
    successor: 'gpt-transcribe',
  },
  { id: 'gpt-transcribe', pricePerMinute: 4500, wordTimes: false, asOf: '2026-10-17' },
];

/** What `doctor` says about a transcription model on a day. */
export interface TranscriptionNotice {
  /** The model's id. */
  readonly id: string;
  /** `may-be-retired`: the announced date has come. */
  readonly status: 'current' | 'retiring' | 'may-be-retired' | 'unknown';
  /** One sentence for a person. */
  readonly message: string;
}

/** Whether a model is still there on a day (ISO date), by what was announced: nobody is asked. */
export function transcriptionNotice(id: string, day: string): TranscriptionNotice {
  const model = transcriptionModels.find((entry) => entry.id === id);
  if (!model) return { id, status: 'unknown', message: `${id} is not one of OpenAI's models.` };
  const { retiresOn, successor } = model;
  if (retiresOn === undefined)
    return { id, status: 'current', message: `${id} has no shutdown date (as of ${model.asOf}).` };
  const next = successor === undefined ? '' : ` What follows: ${successor}.`;
  return retiresOn <= day
    ? { id, status: 'may-be-retired', message: `OpenAI announced to shut ${id} down on ${retiresOn}.${next}` }
    : { id, status: 'retiring', message: `OpenAI shuts ${id} down on ${retiresOn}.${next}` };
}
