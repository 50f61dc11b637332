import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { isAllowedOrigin } from '../src/web-origin.ts';

test.each([
  ['a browser elsewhere', false, true],
  ['a browser, or a proxy, on this machine: a name may be made to point here', true, false],
])('a page of the host that it connects to, in %s', (_name, isLocal, isAllowed) => {
  const request = new IncomingMessage(new Socket());
  request.headers = { origin: 'https://panel.example', host: 'Panel.example:8083' };
  expect(isAllowedOrigin(request, [], isLocal)).toBe(isAllowed);
  expect(isAllowedOrigin(request, ['https://panel.example'], isLocal)).toBe(true);
});
