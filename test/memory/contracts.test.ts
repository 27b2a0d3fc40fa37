import { describe, it } from 'vitest';
import {
  type FakeOutcome,
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
  tinyMp4,
} from '../../src/adapters/memory/index.ts';
import {
  type ContractCase,
  clockContract,
  llmContract,
  mediaContract,
  stateContract,
  storageContract,
  transcriptionContract,
  videoContract,
} from '../../src/adapters/testing/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';

const keeps = (name: string, cases: readonly ContractCase[]) =>
  describe(`${name} keeps its contract`, () => {
    for (const { name: promise, run } of cases) it(promise, run);
  });

keeps(
  'memoryStorage',
  storageContract(() => memoryStorage()),
);
keeps(
  'memoryState',
  stateContract(() => memoryState()),
);

const clock = () => {
  const manual = manualClock();
  return { clock: manual, advance: manual.advance };
};
keeps('manualClock', clockContract(clock));

const intoOurs = (...outcomes: FakeOutcome[]) => {
  const storage = memoryStorage();
  const { clock: time, advance } = clock();
  const video = fakeVideo({ storage, clock: time, outcomes });
  const finish = () => advance(60_000);
  return { video, finish, stored: (uri: string) => storage.source(uri.slice('memory://storage/'.length)) };
};
keeps(
  'fakeVideo with a storage',
  videoContract(intoOurs, {
    refusing: () => intoOurs('refused-at-launch'),
    throttling: () => intoOurs('throttled'),
    notConnected: () => intoOurs('not-connected'),
    answerLost: () => intoOurs('lost-answer'),
    filtering: () => intoOurs('refused'),
    failing: () => intoOurs('failed'),
  }),
);
keeps(
  'fakeVideo without a storage',
  videoContract(() => ({ video: fakeVideo(), finish: () => {} })),
);

keeps(
  'fakeLlm',
  llmContract(() => ({ llm: fakeLlm() })),
);

const film = { durationMs: 8000, width: 720, height: 1280 };
const said = [{ text: 'The sky is blue.', fromMs: 300, toMs: 7700 }];
keeps(
  'fakeMedia',
  mediaContract(() => ({ media: fakeMedia(), film: sourceOf(tinyMp4({ ...film, said })), ...film })),
);

const sound = (of: typeof said) =>
  fakeMedia().audio(sourceOf(tinyMp4({ ...film, said: of })), { fromMs: 0, durationMs: 8000, timeoutMs: 1000 });
keeps(
  'fakeTranscriber',
  transcriptionContract(async () => ({
    transcriber: fakeTranscriber(),
    audio: await sound(said),
    silence: await sound([]),
    durationMs: 8000,
  })),
);
