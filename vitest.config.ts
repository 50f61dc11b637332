import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const workspaceFolders = ['packages', 'apps'].flatMap((parent) =>
  existsSync(`${root}/${parent}`)
    ? readdirSync(`${root}/${parent}`).map((name) => `${parent}/${name}`)
    : [],
);

// Tests read the TypeScript sources of every @wellhead package, so nothing has to be built first.
const conditions = ['@wellhead/source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [...workspaceFolders, 'scripts'].map((folder) => ({
      extends: true as const,
      root: `${root}/${folder}`,
      test: {
        name: folder.replace(/^.*\//, ''),
        include: ['test/**/*.test.ts'],
        setupFiles: [`${root}/scripts/property-seed.js`],
      },
    })),
    coverage: { provider: 'v8', include: ['packages/*/src/**', 'apps/*/src/**'] },
  },
});
