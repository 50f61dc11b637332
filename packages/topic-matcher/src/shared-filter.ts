/** The two parts of `$share/<shareName>/<topicFilter>`. */
export interface SharedFilter {
  readonly shareName: string;
  /** What the group subscribes to; it decides what matches and what may be read. */
  readonly topicFilter: string;
}

/**
 * Splits a shared filter; `undefined` when it does not begin with `$share/`.
 * Says nothing about validity: either part may come back empty (see `validateTopicFilter`).
 */
export function parseSharedFilter(topicFilter: string): SharedFilter | undefined {
  if (!topicFilter.startsWith(PREFIX)) return undefined;
  // [MQTT-4.8.2-2] the share name ends at the first '/'; "$share/g//x" is the filter "/x"
  const slash = topicFilter.indexOf('/', PREFIX.length);
  if (slash < 0) return { shareName: topicFilter.slice(PREFIX.length), topicFilter: '' };
  return {
    shareName: topicFilter.slice(PREFIX.length, slash),
    topicFilter: topicFilter.slice(slash + 1),
  };
}

/** Whether the first level is `$share`: alone too, which is no filter anybody can mean otherwise. */
export function isSharedFilter(topicFilter: string): boolean {
  return topicFilter.startsWith(PREFIX) || topicFilter === '$share';
}

const PREFIX = '$share/';
