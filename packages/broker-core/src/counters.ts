/** Plain counters since the start of the broker, and gauges of now; `$SYS` and metrics read them. */
export class Counters {
  connectionsAccepted = 0;
  connections = 0;
  clientsConnected = 0;
  clientsMaximum = 0;
  sessionsExpired = 0;
  bytesReceived = 0;
  bytesSent = 0;
  packetsReceived = 0;
  packetsSent = 0;
  publishReceived = 0;
  publishSent = 0;
  publishBytesReceived = 0;
  publishBytesSent = 0;
  publishDropped = 0;
  /** Messages of publishers that were refused: they would have had to wait, and there was no room. */
  publishRefused = 0;
  /** Payload bytes that wait, for all sessions together, at QoS 0 as well. */
  queuedBytes = 0;
  retainedMessages = 0;
  retainedBytes = 0;
  subscriptions = 0;
  sharedSubscriptions = 0;
  /** Characters of all Topic Filters, and 256 for each subscription. */
  subscriptionBytes = 0;
  sessions = 0;
  /** Commits that the store refused or failed at. */
  storeFailures = 0;

  /** One more client, and perhaps more than ever before. */
  clientConnected(): void {
    this.clientsConnected++;
    this.clientsMaximum = Math.max(this.clientsMaximum, this.clientsConnected);
  }
}
