/** Every verb with its options, as data: help is made from it, and a verb's code is loaded when it is called. */
import type { Options, Verb } from './verb.ts';

const everywhere: Options = {
  out: { type: 'string', value: 'DIR', about: 'folder of the films (default ./films)' },
  json: { type: 'boolean', about: 'print one JSON object instead of text' },
  help: { type: 'boolean', short: 'h', about: 'show this' },
};

const filming: Options = {
  'speed-up': { type: 'string', value: 'N', about: 'simulated vendors: times faster than real (30)' },
  size: { type: 'string', value: 'WxH', about: 'simulated vendors: portrait size (720x1280)' },
};

const maxUsd: Options = {
  'max-usd': { type: 'string', value: 'USD', about: 'the most that you agree to' },
};

/** What `create` takes. */
const asking: Options = {
  theme: { type: 'string', short: 't', value: 'TEXT', about: 'what the film is about, 1 to 2,000 characters' },
  script: { type: 'string', value: 'FILE', about: 'your own script, JSON: { title?, blocks: [...] }' },
  duration: { type: 'string', short: 'd', value: 'SECONDS', about: 'at least so long, up to 180 (default 36)' },
  language: { type: 'string', short: 'l', value: 'TAG', about: 'language tag, such as fr or pt-BR (default en)' },
  style: { type: 'string', value: 'TEXT', about: 'how it should look and sound' },
  'aspect-ratio': { type: 'string', value: 'RATIO', about: '9:16 or 16:9 (default 9:16)' },
  resolution: { type: 'string', value: 'NAME', about: '720p or 1080p (default 720p)' },
  seed: { type: 'string', value: 'N', about: 'the same seed asks for the same script and pictures' },
  chaining: { type: 'string', value: 'HOW', about: 'extend, last-frame or independent (default extend)' },
  captions: { type: 'string', value: 'PRESET', about: 'active, karaoke, marker, pop, classic … or none' },
  trim: { type: 'boolean', about: 'cut to --duration at a pause' },
  owner: { type: 'string', value: 'ID', about: 'who pays; list goes by it' },
  metadata: { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'to find the film by; may be repeated' },
  'max-usd': { type: 'string', value: 'USD', about: 'the most that it may cost (default 1.5 × its estimate)' },
};

const block: Options = { block: { type: 'string', short: 'b', value: 'N', about: 'which block, from 1' } };
const WHICH = "FILM is an id from list, or 'last' for the newest film.";

const sending = (load: Verb['load'], verb: Omit<Verb, 'load' | 'positionals'>): Verb => ({
  ...verb,
  positionals: ['FILM'],
  options: { ...verb.options, ...everywhere },
  notes: [...(verb.notes ?? []), WHICH],
  load,
});

const command = (verb: Omit<Verb, 'load' | 'positionals'>, name: keyof typeof import('./verbs/commands.ts')): Verb =>
  sending(async () => (await import('./verbs/commands.ts'))[name], verb);

export const verbs = {
  make: {
    summary: 'make a film from a theme, or go on with one',
    positionals: [],
    options: {
      ...asking,
      approval: { type: 'boolean', about: 'show script and price, wait for approve' },
      id: { type: 'string', value: 'ID', about: 'id of the film; the same id and input goes on with it' },
      live: { type: 'boolean', about: 'real vendors, real money: Veo or Omni, Gemini, Whisper' },
      yes: { type: 'boolean', about: 'with --live: agree to the price without being asked' },
      ...filming,
      ...everywhere,
    },
    notes: [
      'The last line of stdout is the path of the film. Ctrl-C leaves; resume goes on.',
      '--live wants OPENAI_API_KEY and either GOOGLE_CLOUD_PROJECT with BUCKET_NAME (Veo) or GEMINI_API_KEY (Omni).',
    ],
    examples: [
      'make --theme "Why is the sky blue?" --duration 15',
      'make --theme "La mémoire des poissons" --language fr --captions karaoke',
      'make --theme "Tides" --duration 36 --approval --max-usd 5',
    ],
    load: async () => (await import('./verbs/make.ts')).make,
  },
  status: {
    summary: 'show where a film stands: blocks, takes, cost',
    positionals: ['FILM'],
    options: everywhere,
    notes: [WHICH],
    examples: ['status last', 'status last --json'],
    load: async () => (await import('./verbs/status.ts')).status,
  },
  list: {
    summary: 'list films, newest first',
    positionals: [],
    options: {
      status: { type: 'string', value: 'STATUS', about: 'running, needs-input, failed, cancelled or completed' },
      owner: { type: 'string', value: 'ID', about: 'films that this owner pays' },
      metadata: { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'films with that; may be repeated' },
      limit: { type: 'string', value: 'N', about: 'films per page (default 20)' },
      after: { type: 'string', value: 'CURSOR', about: 'the next page; printed below a full one' },
      ...everywhere,
    },
    examples: ['list', 'list --status needs-input', 'list --metadata campaign=spring --json'],
    load: async () => (await import('./verbs/list.ts')).list,
  },
  approve: command(
    {
      summary: 'agree to script and price, and film it',
      options: {
        script: { type: 'string', value: 'HASH', about: 'hash of the script that make or status printed' },
        ...maxUsd,
        ...filming,
      },
      notes: ['Without --script the script, its price and the whole command are printed.'],
      examples: ['approve last', 'approve last --script 2f1c… --max-usd 2.30'],
    },
    'approve',
  ),
  revise: command(
    {
      summary: 'change the script; what does not change is kept',
      options: {
        ...block,
        dialogue: { type: 'string', value: 'TEXT', about: 'new words of that block' },
        visual: { type: 'string', value: 'TEXT', about: 'new picture of that block, in English' },
        notes: { type: 'string', value: 'TEXT', about: 'what the language model shall change, instead' },
        ...maxUsd,
        ...filming,
      },
      notes: ['Where blocks that were filmed are made again, the price is asked for first.'],
      examples: [
        'revise last --notes "Shorter sentences, more humour"',
        'revise last --block 2 --dialogue "Blue light scatters most." --max-usd 1.40',
      ],
    },
    'revise',
  ),
  reroll: command(
    {
      summary: 'make a block again, and what is made from it',
      options: { ...block, ...maxUsd, ...filming },
      notes: ['Without --max-usd the price is printed and nothing is bought.'],
      examples: ['reroll last --block 2', 'reroll last --block 2 --max-usd 0.70'],
    },
    'reroll',
  ),
  pick: command(
    {
      summary: 'show another finished take of a block',
      options: {
        ...block,
        take: { type: 'string', value: 'N', about: 'which take; status lists them' },
        ...maxUsd,
        ...filming,
      },
      examples: ['pick last --block 2 --take 1'],
    },
    'pick',
  ),
  resume: command(
    {
      summary: 'go on with a film that was left, failed or waits',
      options: { ...maxUsd, ...filming },
      examples: ['resume last', 'resume last --max-usd 4'],
    },
    'resume',
  ),
  finish: command(
    {
      summary: 'cut the film from the blocks that it has',
      options: filming,
      notes: ['The film is partial then (exit code 4); resume makes the rest.'],
      examples: ['finish last'],
    },
    'finish',
  ),
  pause: command(
    {
      summary: 'begin nothing new until resume',
      options: {},
      notes: ['What was bought already is still fetched when the film is resumed.'],
      examples: ['pause last'],
    },
    'pause',
  ),
  cancel: command(
    { summary: 'give a film up for good; its files stay', options: {}, examples: ['cancel last'] },
    'cancel',
  ),
  estimate: {
    summary: 'plan and price of a film, before anything starts',
    positionals: [],
    options: { ...asking, ...everywhere },
    examples: ['estimate --duration 50', 'estimate --duration 36 --resolution 1080p --json'],
    load: async () => (await import('./verbs/estimate.ts')).estimate,
  },
  rebuild: {
    summary: 'restore a film from its files, the database being lost',
    positionals: ['FILM'],
    options: everywhere,
    notes: [
      'FILM is the id: the name of its folder. Stop programs that are at the film first.',
      'Nothing is bought. The film waits then; resume goes on (exit code 0 here).',
    ],
    examples: ['rebuild video_20261123_085153_ce7cfa59'],
    load: async () => (await import('./verbs/rebuild.ts')).rebuild,
  },
  orphans: {
    summary: 'list takes that were paid for and no film shows',
    positionals: [],
    options: { owner: { type: 'string', value: 'ID', about: 'of films that this owner pays' }, ...everywhere },
    notes: ['pick shows such a take again.'],
    examples: ['orphans', 'orphans --owner somebody --json'],
    load: async () => (await import('./verbs/orphans.ts')).orphans,
  },
  remove: {
    summary: 'delete a film for good, with its files',
    positionals: ['FILM'],
    options: {
      force: { type: 'boolean', about: 'also one that is still made, or has takes under way' },
      ...everywhere,
    },
    notes: [
      "What it cost stays in the day's budgets. Live films on Vertex AI: the files in the bucket go, a copy fetched to this machine stays.",
      WHICH,
    ],
    examples: ['remove video_20261123_085153_ce7cfa59', 'remove last --force'],
    load: async () => (await import('./verbs/remove.ts')).remove,
  },
  'take-over': {
    summary: 'go on with films that the old functions began',
    positionals: [],
    options: { limit: { type: 'string', value: 'N', about: 'films at most (default 20)' }, ...everywhere },
    notes: [
      "Needs a state in Firestore, where the old functions' documents lie; a folder's own store has none and says so. Stop the old monitor first.",
    ],
    examples: ['take-over', 'take-over --limit 5 --json'],
    load: async () => (await import('./verbs/take-over.ts')).takeOver,
  },
  doctor: {
    summary: 'look at this machine, with a cure per finding',
    positionals: [],
    options: {
      language: { type: 'string', short: 'l', value: 'TAG', about: 'see whether captions in it can be drawn' },
      ...everywhere,
    },
    examples: ['doctor', 'doctor --language ar', 'doctor --out /data/films --json'],
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
} satisfies Record<string, Verb>;

export type VerbName = keyof typeof verbs;
