import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../step.js';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('the pnpm that installs is the pnpm that is installed', () => {
  const { packageManager, devDependencies } = JSON.parse(read('package.json'));
  expect(packageManager).toBe(`pnpm@${devDependencies.pnpm}`);
});

test('the lockfile names no registry', () => {
  expect(read('pnpm-lock.yaml')).not.toMatch(/https?:/);
});
