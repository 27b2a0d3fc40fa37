import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { filesBelow, parse, read, root } from './support/imports.ts';

interface Snippet {
  readonly place: string;
  readonly code: string;
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

const snippetsOf = (file: string, text = read(file)): Snippet[] =>
  [...text.matchAll(/^[ \t]*```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^[ \t]*```/gm)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    code: match[1] ?? '',
  }));

describe('every TypeScript block of the docs is part of a file that is type-checked', () => {
  const pages = [...(existsSync(path.join(root, 'README.md')) ? ['README.md'] : []), ...filesBelow('docs', '.md')];
  const code = [...filesBelow('examples', '.ts'), ...filesBelow('test', '.ts')].map((file) => squeeze(read(file)));

  test('README.md and docs/', () => {
    const lost = pages
      .flatMap((file) => snippetsOf(file))
      .filter((snippet) => !code.some((text) => text.includes(squeeze(snippet.code))))
      .map((snippet) => `${snippet.place} occurs nowhere under examples/ or test/`);
    expect(lost).toEqual([]);
  });

  test('blocks are found, other languages are not', () => {
    const page = 'a\n```ts\nlet x = 1;\n```\n```sh\nls\n```\n  ```typescript title\n  let y;\n  ```\n';
    expect(snippetsOf('p.md', page).map(({ place, code }) => [place, squeeze(code)])).toEqual([
      ['p.md:2', 'let x = 1;'],
      ['p.md:8', 'let y;'],
    ]);
  });
});

/** Codes of errors made in `text`: `code: 'x'` in what goes into an error, `badInput('x', …)`, `row(kind, 'x', …)`, and `from(error, 'x')`. */
const errorCodesIn = (file: string, text?: string): string[] => {
  const codes: string[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node === undefined) return;
    if (ts.isStringLiteralLike(node)) codes.push(node.text);
    if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(add);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'code') add(node.initializer);
    if (ts.isParameter(node) && node.name.getText() === 'code') add(node.initializer);
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText();
      if (called === 'badInput') add(node.arguments[0]);
      if (called === 'row') add(node.arguments[1]);
      if (called === 'ReelstateError.from') add(node.arguments[1]);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(file, text));
  return codes.filter((code) => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code));
};

describe('docs/errors.md', () => {
  test('codes are found wherever an error is made', () => {
    const text = `
      new ReelstateError('permanent', 'm', { code: 'one' });
      badInput('two', 'm', 'c');
      ReelstateError.from(e, 'three');
      row('permanent', 'five', 'none', 'm');
      new ReelstateError('retryable', 'm', { code: gone ? 'four' : code });
      if (e.code === 'ENOENT') f({ code: 'ENOENT' });
    `;
    expect(errorCodesIn('x.ts', text)).toEqual(['one', 'two', 'three', 'five', 'four']);
  });

  test.skipIf(!existsSync(path.join(root, 'docs/errors.md')))(
    'has a heading for each code in src, and no other',
    () => {
      const headings = [...read('docs/errors.md').matchAll(/^#{2,4} `([a-z0-9-]+)`/gm)].map((match) => match[1] ?? '');
      const sources = filesBelow('src', '.ts').map((file) => ({ file, text: read(file) }));
      const codes = new Set(sources.flatMap(({ file, text }) => errorCodesIn(file, text)));
      expect([...codes].filter((code) => !headings.includes(code)).sort()).toEqual([]);
      expect(headings.filter((code, at) => headings.indexOf(code) !== at)).toEqual([]);
      // Some codes come out of tables and templates: each heading occurs in the sources at least as a text.
      const isMade = (code: string): boolean =>
        codes.has(code) ||
        sources.some(({ text }) => text.includes(`'${code}'`) || text.includes(`\`${code.split('-')[0]}-\${`));
      expect(headings.filter((code) => !isMade(code))).toEqual([]);
    },
  );
});
