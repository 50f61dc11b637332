import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The types that the public declarations of an entry name, and that nobody can import from it. Reads
 * what the compiler has written, whose form is always the same: declarations begin at the margin.
 *
 * @param entry the entry's `.d.ts`
 */
export function typesWithoutName(entry: string): string[] {
  const exported = exportsOf(readFileSync(entry, 'utf8'));
  const missing = new Set<string>();
  for (const [name, from] of exported) {
    if (!from.startsWith('.')) continue;
    const text = readFileSync(join(dirname(entry), from.replace(/\.ts$/, '.d.ts')), 'utf8');
    for (const type of typesIn(declarationsOf(text, name), text)) {
      if (!exported.has(type)) missing.add(`${type}, of ${name}`);
    }
  }
  return [...missing];
}

/** Name to module, of `export { … } from '…'`. */
function exportsOf(text: string): Map<string, string> {
  const exported = new Map<string, string>();
  for (const [, names = '', from = ''] of text.matchAll(
    /export (?:type )?\{([^}]*)\} from '(.+)'/g,
  )) {
    for (const name of namesIn(names)) exported.set(name, from);
  }
  return exported;
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.replace(/^\s*(type )?/, '').trim())
    .filter((name) => name !== '');
}

/** All that is declared under a name, without comments. */
function declarationsOf(text: string, name: string): string {
  const code = text.replaceAll(/\/\*.*?\*\//gs, '');
  const parts = code.split(/^(?=export |declare |interface |type |import )/m);
  const own = new RegExp(
    `^export (?:declare )?(?:const|let|class|function|interface|type) ${name}\\b`,
  );
  return parts.filter((part) => own.test(part)).join('\n');
}

/** Names in a declaration that its file imports or declares: not those of the language or the platform. */
function typesIn(declaration: string, file: string): string[] {
  const imported = Array.from(
    file.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)'/gm),
    ([, names = '', from = '']) => (from.startsWith('node:') ? [] : namesIn(names)),
  ).flat();
  const declared = Array.from(
    file.matchAll(/^(?:export )?(?:declare )?(?:class|interface|type) (\w+)/gm),
    ([, name = '']) => name,
  );
  const words = new Set(declaration.match(/\b\w+\b/g));
  return [...imported, ...declared].filter((name) => words.has(name));
}
