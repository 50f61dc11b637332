import { expect, test } from 'vitest';
import { runTool } from '../step.js';
import { publishablePackages } from '../workspace.js';

test('npm run release -- --dry-run shows each package that would be published', async () => {
  const { ok, output } = await runTool('npm', ['run', 'release', '--', '--dry-run']);
  for (const { manifest } of publishablePackages()) {
    expect(output).toMatch(new RegExp(`^${manifest.name} +\\d+\\.\\d+\\.\\d+ .* kB$`, 'm'));
  }
  expect(output).toContain('nothing was published');
  expect(ok).toBe(true);
});

test('npm run release with anything but --dry-run publishes nothing', async () => {
  const { ok, output } = await runTool('npm', ['run', 'release', '--', '--dryrun']);
  expect(output).toContain('Usage: npm run release [-- --dry-run]');
  expect(ok).toBe(false);
});
