/** A valid Topic Name, once as a string and once as bytes, with a slot for what its owner knows about it. */
export class TopicEntry<T> {
  readonly topicName: string;
  /** UTF-8, a copy of its own. */
  readonly bytes: Uint8Array;
  /** The owner's slot: a broker keeps the routes of the topic here. */
  value: T | undefined;

  constructor(topicName: string, bytes: Uint8Array) {
    this.topicName = topicName;
    this.bytes = bytes;
    this.value = undefined;
  }
}
