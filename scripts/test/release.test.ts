import { expect, test } from 'vitest';
import { publishablePackages } from '../workspace.js';
import { PlantedTree } from './planted-tree.ts';

test('npm run release -- --dry-run shows each package that would be published', async () => {
  // in a copy, because it builds, and other tests are reading what was built
  using tree = new PlantedTree();
  const { ok, output } = await tree.run('npm', ['run', 'release', '--', '--dry-run']);
  for (const { manifest } of publishablePackages()) {
    expect(output).toMatch(new RegExp(`^${manifest.name} +\\d+\\.\\d+\\.\\d+ .* kB$`, 'm'));
  }
  expect(output).toContain('nothing was published');
  expect(ok).toBe(true);
});
