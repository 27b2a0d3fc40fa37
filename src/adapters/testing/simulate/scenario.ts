/** What is to happen in a simulated world when nothing goes wrong. */
import type { CreateInput } from '../../../core/input.ts';
import type { Limits } from '../../../core/ledger.ts';
import type { VideoModel } from '../../../core/ports.ts';
import { type Command, type FilmState, type FilmStatus, isForeign, type NeedsInputCode } from '../../../core/state.ts';
import { fakeVideoModel } from '../../memory/fake-video-model.ts';
import type { VendorOutcome } from './vendor.ts';

/** Something that a person does once the film has come so far. */
export interface Action {
  /** Whether its moment has come. */
  readonly when: (film: FilmState) => boolean;
  /** What is told then. */
  readonly command: (film: FilmState) => Command;
}

/** A film, its vendor's moods, and the person in front of it. */
export interface Scenario {
  /** To ask for it. */
  readonly name: string;
  /** What the film is asked for with. */
  readonly input: CreateInput;
  /** What a person says on the way. */
  readonly actions?: readonly Action[];
  /** What a person answers whenever the film waits for somebody or has failed; without an answer it stays there. */
  readonly answers?: Partial<Record<NeedsInputCode | 'failed', (film: FilmState) => Command>>;
  /** How the vendor's launches of each block go, in order; then `done`. */
  readonly outcomes?: Readonly<Record<number, readonly VendorOutcome[]>>;
  /** @default true */
  readonly adopts?: boolean;
  /** @default 'whole' */
  readonly extensions?: 'whole' | 'new';
  /** @default [38_000, 42_000] */
  readonly latencyMs?: readonly [least: number, most: number];
  /** Changes to the fake model. */
  readonly model?: Partial<VideoModel>;
  /** Budgets of all its hosts. */
  readonly limits?: Partial<Limits>;
  /** What follows a take whose fate nobody can tell. */
  readonly onUnknownTake?: 'ask' | 'relaunch';
  /** Films that are ordered at once. @default 1 */
  readonly films?: number;
  /**
   * The monitor is another program's, of the kind that launches each extension by itself; where this says so, it is switched off and its work
   * is ours from then on.
   */
  readonly oldMonitor?: { readonly until?: (film: FilmState) => boolean };
  /** An operator stops all launches at that moment and allows them again so much later. */
  readonly killSwitch?: { readonly when: (film: FilmState) => boolean; readonly forMs: number };
  /** How it may end. @default ['completed'] */
  readonly ends?: readonly (FilmStatus | NeedsInputCode | `failed: ${string}`)[];
  /** Launches that a run without faults pays for, over all films. */
  readonly paid: number;
}

/** Veo's manner with fewer looks and a shorter patience, so that a run takes milliseconds. */
export const simulatedModel = (changes: Partial<VideoModel> = {}): VideoModel => {
  const model = fakeVideoModel(changes);
  return { ...model, timing: { ...model.timing, lookDelayMs: 10_000, giveUpMs: 7_200_000, ...changes.timing } };
};

const script = (blocks: number) => ({
  blocks: Array.from({ length: blocks }, (_, index) => ({
    dialogue: `Part ${index + 1} of the story.`,
    visual: `A lighthouse, view ${index + 1}.`,
  })),
});

/** Seconds of a film of so many blocks in one chain. */
const seconds = (blocks: number): number => 8 + 7 * (blocks - 1);

const film = (blocks: number, more: Partial<CreateInput> = {}): CreateInput => ({
  script: script(blocks),
  durationSeconds: seconds(blocks),
  maxUsd: 50,
  ...more,
});

const isAccepted = (state: FilmState, block: number): boolean => state.blocks[block - 1]?.accepted?.fixed === true;
const isUnderWay = (state: FilmState, block: number): boolean =>
  state.blocks[block - 1]?.takes.some(
    (take) => (take.operation ?? take.unknownSince) !== undefined && take.outcome === undefined,
  ) === true;
const isCompleted = (state: FilmState): boolean => state.status === 'completed';

/** The films that are simulated unless you bring your own. */
export const scenarios: readonly Scenario[] = [
  { name: 'one-block', input: film(1), paid: 1 },
  {
    name: 'two-blocks',
    input: { ...film(2), theme: 'Lighthouses', script: undefined } as unknown as CreateInput,
    paid: 2,
  },
  { name: 'five-blocks', input: film(5), paid: 5 },
  { name: 'two-blocks-new-only', input: film(2), extensions: 'new', paid: 2 },
  { name: 'two-chains', input: film(7, { durationSeconds: 50 }), paid: 7 },
  { name: 'independent-blocks', input: film(3, { durationSeconds: 24, chaining: 'independent' }), paid: 3 },
  { name: 'failed-take', input: film(2), outcomes: { 1: ['failed'], 2: ['failed', 'failed'] }, paid: 2 },
  { name: 'late-take', input: film(2), outcomes: { 1: ['late'] }, paid: 3 },
  { name: 'never-done', input: film(1), outcomes: { 1: ['never'] }, paid: 2 },
  { name: 'gone', input: film(2), outcomes: { 2: ['gone'] }, paid: 2 },
  {
    name: 'refusal-with-rewrite',
    input: film(2),
    outcomes: { 1: ['refused'], 2: ['refused-audio', 'refused-at-launch'] },
    paid: 2,
  },
  { name: 'throttling', input: film(2), outcomes: { 1: ['throttled', 'not-connected'], 2: ['throttled'] }, paid: 2 },
  {
    name: 'rejected-and-resumed',
    input: film(1),
    outcomes: { 1: ['rejected'] },
    answers: { failed: () => ({ type: 'resume' }) },
    paid: 1,
  },
  {
    name: 'approval-and-revise',
    input: film(2, { approval: true }),
    actions: [
      {
        when: (state) => state.needsInput?.code === 'approval',
        command: () => ({ type: 'revise', blocks: [{ block: 2, dialogue: 'Another end.' }] }),
      },
      {
        when: (state) => state.needsInput?.code === 'approval' && state.commands.length > 0,
        command: (state) => ({ type: 'approve', scriptHash: state.script?.hash ?? '' }),
      },
      {
        when: isCompleted,
        command: () => ({ type: 'revise', blocks: [{ block: 2, dialogue: 'A third end.' }], maxUsd: 5 }),
      },
      {
        when: (state) => state.needsInput?.code === 'approval' && state.commands.length > 2,
        command: (state) => ({ type: 'approve', scriptHash: state.script?.hash ?? '' }),
      },
    ],
    paid: 3,
  },
  {
    name: 'reroll-and-pick',
    input: film(2),
    actions: [
      { when: isCompleted, command: () => ({ type: 'reroll', block: 2, maxUsd: 5 }) },
      { when: isCompleted, command: () => ({ type: 'pick', block: 2, take: 1 }) },
    ],
    paid: 3,
  },
  {
    name: 'reroll-under-way',
    input: film(2),
    actions: [{ when: (state) => isAccepted(state, 1), command: () => ({ type: 'reroll', block: 1, maxUsd: 5 }) }],
    paid: 4,
  },
  {
    name: 'cancel',
    input: film(2),
    actions: [{ when: (state) => isAccepted(state, 1), command: () => ({ type: 'cancel' }) }],
    ends: ['cancelled'],
    paid: 2,
  },
  {
    name: 'pause-and-resume',
    input: film(2),
    actions: [
      { when: (state) => isAccepted(state, 1), command: () => ({ type: 'pause' }) },
      { when: (state) => state.needsInput?.code === 'paused', command: () => ({ type: 'resume' }) },
    ],
    paid: 2,
  },
  {
    name: 'finish-early',
    input: film(3),
    actions: [{ when: (state) => isAccepted(state, 2), command: () => ({ type: 'finish' }) }],
    paid: 3,
  },
  {
    name: 'cap-reached',
    input: film(2, { maxUsd: 1.6 }),
    outcomes: { 1: ['never'] },
    answers: {
      budget: (state) => ({
        type: 'resume',
        maxUsd: Math.ceil((state.needsInput?.neededMicroUsd ?? 0) / 10_000) / 100,
      }),
    },
    paid: 3,
  },
  {
    name: 'no-adoption',
    input: film(2),
    adopts: false,
    answers: { 'unknown-take': () => ({ type: 'resume' }) },
    paid: 2,
  },
  { name: 'torn-result', input: film(2), outcomes: { 1: ['torn'], 2: ['torn'] }, paid: 2 },
  {
    name: 'old-monitor',
    input: film(3),
    oldMonitor: {},
    // A take whose operation nobody knows is nothing that it could go on from.
    ends: ['completed', 'failed: monitor-not-owned'],
    paid: 3,
  },
  {
    name: 'old-monitor-replaced',
    input: film(3),
    oldMonitor: { until: (state) => state.blocks[1]?.takes.some(isForeign) === true || state.status === 'failed' },
    answers: { failed: () => ({ type: 'resume' }) },
    paid: 3,
  },
  {
    name: 'kill-switch',
    input: film(2),
    // Block 2 is due after launch window and timeout have passed.
    latencyMs: [130_000, 135_000],
    killSwitch: { when: (state) => isUnderWay(state, 1) || isAccepted(state, 1), forMs: 420_000 },
    paid: 2,
  },
];

export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new RangeError(`There is no scenario '${name}'; take one of ${scenarios.map((each) => each.name).join(', ')}.`);
}
