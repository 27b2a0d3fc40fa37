import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** `static` is loaded with the module, `dynamic` at first use, `type` never. */
export interface Import {
  readonly specifier: string;
  readonly kind: 'static' | 'dynamic' | 'type';
}

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Paths relative to the repository, with `/`, in order. */
export const filesBelow = (folder: string, extension: string): string[] => {
  try {
    return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
      .filter((file) => file.endsWith(extension))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

export const parse = (file: string, text = read(file)): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

const textOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;

const importOf = (node: ts.Node): Import | undefined => {
  const found = (specifier: string | undefined, kind: Import['kind']): Import | undefined =>
    specifier === undefined ? undefined : { specifier, kind };
  if (ts.isImportDeclaration(node)) {
    const onlyTypes = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return found(textOf(node.moduleSpecifier), onlyTypes ? 'type' : 'static');
  }
  if (ts.isExportDeclaration(node)) return found(textOf(node.moduleSpecifier), node.isTypeOnly ? 'type' : 'static');
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return found(textOf(node.argument.literal), 'type');
  if (!ts.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
  return isImport || isRequire ? found(textOf(node.arguments[0]), 'dynamic') : undefined;
};

export const importsOf = (file: string, text?: string): Import[] => {
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push(found);
    ts.forEachChild(node, visit);
  };
  visit(parse(file, text));
  return imports;
};

/** The file of a relative specifier, or undefined for a package or a builtin. */
export const fileOf = (from: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier)) : undefined;

/** `@google/genai/node` belongs to `@google/genai`. */
export const packageOf = (specifier: string): string =>
  specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');

/** The packages and builtins that loading `entry` loads, each with the file that asks for it. */
export const loadedBy = (entry: string): Map<string, string> => {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { specifier, kind } of importsOf(file)) {
      if (kind !== 'static') continue;
      const target = fileOf(file, specifier);
      if (target !== undefined) walk(target);
      else packages.set(packageOf(specifier), file);
    }
  };
  walk(entry);
  return packages;
};
