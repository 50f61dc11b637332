import { expect, test } from 'vitest';
import { sessionStoreCases } from '@wellhead/session-store/kit';
import { MemorySessionStore } from '@wellhead/session-store/memory';

const { supports } = new MemorySessionStore();

for (const { name, needs, run } of sessionStoreCases) {
  test.skipIf(needs !== undefined && !supports[needs])(name, () =>
    run(async () => new MemorySessionStore()),
  );
}

test('every case has its own name', () => {
  const names = sessionStoreCases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
