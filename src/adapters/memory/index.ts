export { type ManualClock, type ManualHost, manualClock } from './clock.ts';
export { type FakeAnswer, type FakeLlm, fakeLlm } from './fake-llm.ts';
export { fakeMedia } from './fake-media.ts';
export { type FakeTranscriberOptions, fakeTranscriber } from './fake-transcriber.ts';
export { type FakeOutcome, type FakeTake, type FakeVideo, type FakeVideoOptions, fakeVideo } from './fake-video.ts';
export { memoryState } from './state.ts';
export { memoryStorage } from './storage.ts';
export { type Said, saidIn, type TinyFilm, tinyMp4 } from './tiny-mp4.ts';
