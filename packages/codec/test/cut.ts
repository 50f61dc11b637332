/** The stream cut wherever the list of sizes says. */
export function cut(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(stream.slice(at, at + size));
    at += size;
  }
  return [...chunks, stream.slice(at)];
}
