// Plain JavaScript for old Nodes: this is the one file that must run before the right Node is there.
// npm puts node_modules/.bin first on PATH, so one link there serves `node x` and `#!/usr/bin/env node` alike.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tools = path.join(root, 'tools/node');
const [major, minor] = process.versions.node.split('.').map(Number);

// 22.18 is the first Node that runs TypeScript sources without a flag.
const isNewEnough = major > 22 || (major === 22 && minor >= 18);
if (!isNewEnough) provideNode();

function provideNode() {
  if (process.platform !== 'linux') {
    console.warn(`reelstate: the dev scripts need Node >= 22.18 and this is ${process.version}; please install one.`);
    return;
  }
  const node = path.join(tools, 'node_modules', `node-linux-${process.arch}`, 'bin/node');
  if (!existsSync(node)) fetchNode();
  if (!existsSync(node)) throw new Error(`No Node 24 for ${process.platform} ${process.arch}: install Node >= 22.18.`);
  link(node, path.join(root, 'node_modules/.bin/node'));
}

function fetchNode() {
  console.error(`reelstate: Node ${process.version} is too old for the dev scripts; fetching Node 24 (52 MB, once).`);
  const args = ['ci', '--prefix', tools, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}.`);
}

function link(target, place) {
  mkdirSync(path.dirname(place), { recursive: true });
  // Two scripts may start at once; a rename replaces the link in one go.
  const fresh = `${place}-${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(path.relative(path.dirname(place), target), fresh);
  renameSync(fresh, place);
}
