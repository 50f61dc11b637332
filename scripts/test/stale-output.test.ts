import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PlantedTree } from './planted-tree.ts';

test('what was built from a source that has gone is removed, and nothing else', async () => {
  const dist = 'packages/transport/dist';
  using tree = new PlantedTree();
  tree.plant({
    [`${dist}/gone/by.js`]: '',
    [`${dist}/gone/by.d.ts.map`]: '',
    [`${dist}/index.js`]: '',
  });
  const script = "(await import('./scripts/stale-output.js')).removeStaleOutput()";
  const { output } = await tree.run('node', ['--input-type=module', '--eval', script]);
  expect(output).toBe('');
  const exists = (file: string): boolean => existsSync(join(tree.path, dist, file));
  expect(['gone/by.js', 'gone/by.d.ts.map', 'index.js'].filter(exists)).toEqual(['index.js']);
});
