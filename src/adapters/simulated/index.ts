export type { Called, Charged, Delivered, JournalEntry, Launched, LaunchRecord, Rejected } from './journal.ts';
export { readJournal } from './journal.ts';
export { type SimulatedLlmOptions, simulatedLlm } from './llm.ts';
export type {
  LanguageFacts,
  LanguageFault,
  LaunchFacts,
  Misbehaviour,
  Outcome,
  Rule,
  VideoFault,
  When,
} from './misbehaviour.ts';
export type { Hearing } from './mishear.ts';
export { type SimulatedModelOptions, simulatedModel } from './model.ts';
export { type SimulatedOptions, type SimulatedVendors, simulated } from './simulated.ts';
export type { FfmpegOption } from './tools.ts';
export { type SimulatedTranscriberOptions, simulatedTranscriber } from './transcription.ts';
export { type SimulatedVideo, type SimulatedVideoOptions, simulatedVideo } from './video.ts';
