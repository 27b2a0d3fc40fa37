export type { Called, Charged, Delivered, JournalEntry, Launched, LaunchRecord, Rejected } from './journal.ts';
export { readJournal } from './journal.ts';
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
export { type SimulatedModelOptions, simulatedModel } from './model.ts';
export { type SimulatedVideo, type SimulatedVideoOptions, simulatedVideo } from './video.ts';
