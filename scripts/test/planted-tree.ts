import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { root, runTool } from '../step.js';
import { packagesUnder } from '../workspace.js';

export type Planted = Readonly<Record<string, string>>;

/** A copy of the workspace, in which files can be changed and checks be run. */
export class PlantedTree implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'wellhead-planted-'));

  constructor() {
    cpSync(root, this.path, { recursive: true, filter: isSource });
    symlinkSync(join(root, 'node_modules'), join(this.path, 'node_modules'), 'dir');
    for (const { path } of packagesUnder(['packages', 'apps', 'examples'])) this.#linkModules(path);
  }

  /** Writes files; disposing of the result puts back what was there. */
  plant(planted: Planted): Disposable {
    const paths = Object.keys(planted).map((file) => join(this.path, file));
    const before = paths.map((path) => (existsSync(path) ? readFileSync(path) : undefined));
    for (const [file, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(this.path, file)), { recursive: true });
      writeFileSync(join(this.path, file), text);
    }
    return {
      [Symbol.dispose]() {
        for (const [index, path] of paths.entries()) {
          const text = before[index];
          if (text === undefined) rmSync(path);
          else writeFileSync(path, text);
        }
      },
    };
  }

  run(program: string, args: readonly string[]): ReturnType<typeof runTool> {
    return runTool(program, args, { cwd: this.path });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #linkModules(path: string): void {
    for (const name of installedModules(join(path, 'node_modules'))) {
      const link = join(this.path, relative(root, path), 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(this.#target(realpathSync(join(path, 'node_modules', name))), link, 'dir');
    }
  }

  /** A package of the workspace is the copy's own; a third-party one is where pnpm put it. */
  #target(installed: string): string {
    const inWorkspace =
      installed.startsWith(root) && !installed.includes(`${sep}node_modules${sep}`);
    return inWorkspace ? join(this.path, relative(root, installed)) : installed;
  }
}

function installedModules(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((rest) => join(name, rest))
        : name,
    );
}

const derived = new Set(['node_modules', '.git', '.turbo', '.tsbuild', '.cache', 'coverage']);

function isSource(file: string): boolean {
  return !derived.has(basename(file));
}
