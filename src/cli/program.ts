import { basename } from 'node:path';
import process from 'node:process';

/** How this program was called, so that what it advises can be typed as it stands. */
export function programName(env: NodeJS.ProcessEnv = process.env, script = process.argv[1] ?? ''): string {
  const isOurOwnScript = env.npm_package_name === 'reelstate' && basename(script) === 'main.ts';
  if (isOurOwnScript) return 'npm run reelstate --';
  if (env.npm_command === 'exec') return 'npx reelstate';
  return basename(script) === 'main.ts' ? 'node src/cli/main.ts' : 'reelstate';
}

/** A word as a POSIX shell reads it back. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
