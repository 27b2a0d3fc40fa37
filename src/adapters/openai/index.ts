export {
  type TranscriptionModel,
  type TranscriptionNotice,
  transcriptionModels,
  transcriptionNotice,
} from './models.ts';
export { type WhisperOptions, whisper } from './whisper.ts';
export { joinTranscripts } from './words.ts';
