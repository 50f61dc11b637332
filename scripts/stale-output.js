// The compiler never deletes: what it made of a source that has since gone would be published.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publishablePackages } from './workspace.js';

export function removeStaleOutput() {
  for (const { path } of publishablePackages()) {
    const dist = join(path, 'dist');
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
      const made = /^(.*)\.(js|d\.ts)(\.map)?$/.exec(file);
      if (made && !existsSync(join(path, 'src', `${made[1]}.ts`))) rmSync(join(dist, file));
    }
  }
}
