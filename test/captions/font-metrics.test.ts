import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('the metrics are those of the font that ships', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  const target = join(folder, 'font-metrics.ts');
  execFileSync(process.execPath, ['scripts/caption-font-metrics.mjs', target]);
  expect(readFileSync(target, 'utf8')).toBe(readFileSync('src/core/captions/font-metrics.ts', 'utf8'));
  rmSync(folder, { recursive: true });
});
