import process from 'node:process';
import type { Finding } from './finding.ts';

const NEEDED = [22, 13] as const;

export function nodeFindings(version = process.versions.node): readonly Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  if (isEnough) return [{ about: 'Node', level: 'good', message: version }];
  const cure = `Install Node ${NEEDED.join('.')} or newer (https://nodejs.org); Node 24 is a good choice.`;
  return [{ about: 'Node', level: 'blocking', message: `${version} is older than ${NEEDED.join('.')}.`, cure }];
}
