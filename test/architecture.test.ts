import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import {
  fileOf,
  filesBelow,
  type Import,
  importsOf,
  loadedBy,
  packageOf,
  parse,
  read,
  root,
} from './support/imports.ts';

const ENTRIES: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './memory': 'src/adapters/memory/index.ts',
  './testing': 'src/adapters/testing/index.ts',
  './local': 'src/adapters/local/index.ts',
  './simulated': 'src/adapters/simulated/index.ts',
  './ffmpeg': 'src/adapters/ffmpeg/index.ts',
  './google-cloud': 'src/adapters/google-cloud/index.ts',
  './google-genai': 'src/adapters/google-genai/index.ts',
  './openai': 'src/adapters/openai/index.ts',
  './hosts': 'src/hosts/index.ts',
  './admin': 'src/admin/index.ts',
};

/** What may be imported: folders and files of src, packages, and whether builtins are. */
interface Rule {
  readonly paths: readonly string[];
  readonly packages?: readonly string[];
  readonly builtins?: boolean | readonly string[];
}

const PROCESS = 'src/adapters/ffmpeg/process.ts';
const RESOLVE = 'src/adapters/ffmpeg/resolve.ts';
/** Which processes of this machine are dead: nothing but builtins. */
const PROCESS_NAME = 'src/adapters/local/process-name.ts';

/** The first prefix that fits a file is its rule. `src/cli/` is the composition root and may import anything. */
const RULES: readonly (readonly [prefix: string, rule: Rule])[] = [
  ['src/core/', { paths: ['src/core/'] }],
  ['src/index.ts', { paths: ['src/core/', 'src/system-clock.ts', 'src/run-to-end.ts'] }],
  ['src/run-to-end.ts', { paths: ['src/core/', 'src/system-clock.ts'] }],
  ['src/system-clock.ts', { paths: ['src/core/'] }],
  ['src/adapters/memory/', { paths: ['src/core/', 'src/adapters/memory/'], builtins: true }],
  [
    'src/adapters/testing/',
    {
      paths: ['src/core/', 'src/adapters/testing/', 'src/adapters/memory/'],
      builtins: ['node:assert', 'node:assert/strict'],
    },
  ],
  ['src/adapters/local/', { paths: ['src/core/', 'src/adapters/local/'], packages: ['p-retry'], builtins: true }],
  [
    'src/adapters/simulated/',
    { paths: ['src/core/', 'src/adapters/simulated/', PROCESS, RESOLVE], packages: ['text2wav'], builtins: true },
  ],
  [
    'src/adapters/ffmpeg/',
    {
      paths: ['src/core/', 'src/adapters/ffmpeg/', PROCESS_NAME],
      packages: ['fluent-ffmpeg', '@ffmpeg-installer/ffmpeg', '@ffprobe-installer/ffprobe', 'p-retry'],
      builtins: true,
    },
  ],
  [
    'src/adapters/google-cloud/',
    {
      paths: ['src/core/', 'src/adapters/google-cloud/'],
      packages: ['@google-cloud/firestore', '@google-cloud/storage', 'google-auth-library', 'p-retry'],
      builtins: true,
    },
  ],
  [
    'src/adapters/google-genai/',
    {
      paths: ['src/core/', 'src/adapters/google-genai/'],
      packages: ['@google/genai', 'google-auth-library', 'p-retry'],
      builtins: true,
    },
  ],
  [
    'src/adapters/openai/',
    { paths: ['src/core/', 'src/adapters/openai/'], packages: ['openai', 'p-retry'], builtins: true },
  ],
  ['src/hosts/', { paths: ['src/core/', 'src/hosts/'], packages: ['google-auth-library'], builtins: true }],
  ['src/admin/', { paths: ['src/core/', 'src/admin/'] }],
  ['src/cli/', { paths: ['src/'], packages: ['*'], builtins: true }],
];

/** Files that may start processes, each with its reason. */
const STARTS_PROCESSES: Readonly<Record<string, string>> = {
  [PROCESS]: 'the one place that starts processes: limits, deadlines and clean ends live there',
};

/** Loaded at once by an entry on purpose; every other package waits for its first use. */
const LOADED_AT_ONCE = ['p-retry'];

const sources = filesBelow('src', '.ts');
const ruleOf = (file: string): Rule | undefined => RULES.find(([prefix]) => file.startsWith(prefix))?.[1];

const isAllowed = (file: string, rule: Rule, { specifier }: Import): boolean => {
  const target = fileOf(file, specifier);
  if (target !== undefined)
    return rule.paths.some((allowed) => target === allowed || (allowed.endsWith('/') && target.startsWith(allowed)));
  if (specifier.startsWith('node:')) {
    return Array.isArray(rule.builtins) ? rule.builtins.includes(specifier) : rule.builtins === true;
  }
  const packages = rule.packages ?? [];
  return packages.includes('*') || packages.includes(packageOf(specifier));
};

describe('directions', () => {
  test('every source file has a rule', () => {
    expect(sources.filter((file) => ruleOf(file) === undefined)).toEqual([]);
  });

  test('a file imports, types included, only what its folder may know', () => {
    const wrong = sources.flatMap((file) => {
      const rule = ruleOf(file);
      if (rule === undefined) return [];
      return importsOf(file)
        .filter((found) => !isAllowed(file, rule, found))
        .map((found) => `${file} imports ${found.specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test('only one file starts processes', () => {
    const starting = sources.filter((file) =>
      importsOf(file).some(({ specifier }) => /^(node:)?(child_process|cluster)$/.test(specifier)),
    );
    expect(starting.filter((file) => STARTS_PROCESSES[file] === undefined)).toEqual([]);
  });

  test('the rules see each kind of import', () => {
    const text = `
      import type { A } from 'types';
      import { type B } from 'kept';
      export { c } from './c.ts';
      export type { D } from './d.ts';
      let e: import('types/e').E;
      await import('late');
    `;
    expect(importsOf('src/core/x.ts', text)).toEqual([
      { specifier: 'types', kind: 'type' },
      { specifier: 'kept', kind: 'static' },
      { specifier: './c.ts', kind: 'static' },
      { specifier: './d.ts', kind: 'type' },
      { specifier: 'types/e', kind: 'type' },
      { specifier: 'late', kind: 'dynamic' },
    ]);
    const core = ruleOf('src/core/x.ts') as Rule;
    const allowed = (specifier: string) => isAllowed('src/core/x.ts', core, { specifier, kind: 'type' });
    expect(['./c.ts', '../adapters/memory/index.ts', 'node:path', 'p-retry'].map(allowed)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

/** Where the core reaches for the clock, for chance or for timers by itself instead of being given them. */
const impurities = (file: string, text?: string): string[] => {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = impurityOf(node);
    if (name !== undefined) {
      const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1} ${name}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(file, text));
  return found;
};

const FORBIDDEN_MEMBERS = ['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID', 'crypto.getRandomValues'];
const FORBIDDEN_NAMES = ['setTimeout', 'setInterval', 'setImmediate', 'process', 'Buffer'];

const impurityOf = (node: ts.Node): string | undefined => {
  const isDate = (expression: ts.Expression) => ts.isIdentifier(expression) && expression.text === 'Date';
  if (ts.isNewExpression(node) && isDate(node.expression) && !node.arguments?.length) return 'new Date()';
  if (ts.isCallExpression(node) && isDate(node.expression)) return 'Date()';
  if (ts.isPropertyAccessExpression(node)) {
    const name = node.getText().replace(/^globalThis\./, '');
    return FORBIDDEN_MEMBERS.includes(name) || FORBIDDEN_NAMES.includes(name) ? name : undefined;
  }
  if (!ts.isIdentifier(node) || !FORBIDDEN_NAMES.includes(node.text)) return undefined;
  const isUse = ts.isCallExpression(node.parent) ? node.parent.expression === node : false;
  const isObject = ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node;
  return isUse || isObject ? node.text : undefined;
};

describe('core', () => {
  test('takes time, chance and waiting from its ports', () => {
    const wrong = filesBelow('src/core', '.ts').flatMap((file) => impurities(file));
    expect(wrong).toEqual([]);
  });

  test('the rule sees what it forbids and lets the rest be', () => {
    const text = [
      'Date.now()',
      'new Date()',
      'Math.random()',
      'setTimeout(f)',
      'globalThis.setInterval(f)',
      'process.env',
    ].join('\n');
    expect(impurities('x.ts', text)).toHaveLength(6);
    expect(impurities('x.ts', 'new Date(5); Date.parse("x"); clock.now(); Math.max(1, 2); // Date.now()')).toEqual([]);
  });
});

describe('package', () => {
  test('exactly the agreed entries are public, and each has its source', () => {
    const { exports } = JSON.parse(read('package.json')) as {
      exports: Record<string, { types: string; default: string }>;
    };
    const published = Object.entries(exports)
      .filter(([key]) => key !== './package.json')
      .map(([key, to]) => [key, to.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')]);
    expect(Object.fromEntries(published)).toEqual(ENTRIES);
    expect(Object.values(ENTRIES).filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  test.each(Object.entries(ENTRIES))('loading %s loads no vendor', (_key, file) => {
    const vendors = [...loadedBy(file)].filter(([name]) => !name.startsWith('node:') && !LOADED_AT_ONCE.includes(name));
    expect(vendors).toEqual([]);
  });

  test('what is needed without being asked for is p-retry alone', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies)).toEqual(['p-retry']);
  });
});
