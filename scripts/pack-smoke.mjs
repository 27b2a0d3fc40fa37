// What a user gets: packs the built package, looks at what is in it, installs it into an empty project without any
// optional peer, and loads every entry by import and, from CommonJS, by require. REELSTATE_SMOKE_NODE names another Node.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const node = process.env.REELSTATE_SMOKE_NODE ?? process.execPath;
const allowed = [/^dist\/.+\.(js|d\.ts)$/, /^assets\/.+/, /^(LICENSE|NOTICE|README\.md|CHANGELOG\.md|package\.json)$/];
const required = [
  'LICENSE',
  'NOTICE',
  'README.md',
  'CHANGELOG.md',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
];

const work = mkdtempSync(path.join(tmpdir(), 'reelstate-pack-'));
try {
  const packed = pack();
  checkContent(packed.files.map((file) => file.path));
  const project = install(path.join(work, packed.filename));
  checkNoLocalPaths(project, packed.files);
  checkNoSecrets(project, packed.files);
  const entries = publicEntries();
  load(project, 'import', entries, 'esm.mjs', 'await import(name)');
  load(project, 'require', entries, 'cjs.cjs', 'require(name)');
  run(node, [path.join(project, 'node_modules/reelstate/dist/cli/main.js'), '--help'], project);
  console.log(`pack smoke: ${packed.files.length} files, ${Math.round(packed.size / 1024)} kB packed`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function pack() {
  const report = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root));
  return Array.isArray(report) ? report[0] : Object.values(report)[0];
}

function checkContent(files) {
  const strange = files.filter((file) => !allowed.some((pattern) => pattern.test(file)));
  const missing = required.filter((file) => !files.includes(file));
  if (strange.length > 0) throw new Error(`The package would publish ${strange.join(', ')}`);
  if (missing.length > 0) throw new Error(`The package lacks ${missing.join(', ')}`);
}

function install(tarball) {
  const project = path.join(work, 'project');
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{ "name": "empty", "private": true }\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--prefer-offline'];
  run('npm', ['install', tarball, ...quiet], project);
  return project;
}

function checkNoLocalPaths(project, files) {
  for (const { path: file } of files) {
    if (!/\.(js|ts|json|md)$/.test(file)) continue;
    const text = readFileSync(path.join(project, 'node_modules/reelstate', file), 'utf8');
    if (text.includes(root)) throw new Error(`${file} names the folder that it was built in`);
  }
}

// The list above lets no tests, fixtures, maps or dot files through; this is for what got into a file that belongs there.
function checkNoSecrets(project, files) {
  const secrets = [
    /AIza[\w-]{35}/,
    /\bsk-(?:proj-)?[A-Za-z0-9]{20}/,
    /\bya29\.[\w-]{20}/,
    /\b(?:npm_|gh[pousr]_|github_pat_)[A-Za-z0-9]{20}/,
    /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+\S{20}/,
    /\beyJ[\w-]{20,}\.[\w-]{20,}\./,
    /[?&](?:X-Goog-Signature|X-Amz-Signature|upload_id)=[\w%-]{16}/i,
    /_authToken/,
  ];
  for (const { path: file } of files) {
    if (!/\.(js|ts|json|md)$|^NOTICE$/.test(file)) continue;
    const text = readFileSync(path.join(project, 'node_modules/reelstate', file), 'utf8');
    const found = secrets.find((secret) => secret.test(text));
    if (found) throw new Error(`${file} has what looks like a secret: ${found}`);
  }
}

function publicEntries() {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return Object.keys(exports)
    .filter((key) => !key.endsWith('.json'))
    .map((key) => `reelstate${key.slice(1)}`);
}

// One process per entry, so that no entry lives on what another has loaded.
function load(project, how, entries, file, expression) {
  const lines = ['const name = process.argv[2];', `const loaded = ${expression};`];
  lines.push('if (typeof loaded !== "object") throw new Error(name + " is no module");');
  writeFileSync(path.join(project, file), `${lines.join('\n')}\n`);
  for (const entry of entries) {
    try {
      run(node, [file, entry], project);
    } catch (cause) {
      throw new Error(`${how} of ${entry} failed in a project without optional peers`, { cause });
    }
  }
  console.log(`pack smoke: ${how} of ${entries.length} entries`);
}
