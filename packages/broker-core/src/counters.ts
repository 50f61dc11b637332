/** Plain counters since the start of the broker, and gauges of now; `$SYS` and metrics read them. */
export class Counters {
  /** Network Connections that were served so far; those that the limits refuse are not. */
  connectionsAccepted = 0;
  /** Network Connections of now, with CONNACK or without. */
  connections = 0;
  /** Clients of now that have their CONNACK. */
  clientsConnected = 0;
  /** The most clients that were connected at one time. */
  clientsMaximum = 0;
  /** Sessions that ended so far because their client did not come back in time. */
  sessionsExpired = 0;
  /** Bytes from Network Connections so far, without what TLS and WebSocket add. */
  bytesReceived = 0;
  /** Bytes handed to Network Connections so far, without what TLS and WebSocket add. */
  bytesSent = 0;
  /** MQTT Control Packets received so far, of every type. */
  packetsReceived = 0;
  /** MQTT Control Packets sent so far, of every type. */
  packetsSent = 0;
  /** PUBLISH packets received so far, repeats and refused ones included. */
  publishReceived = 0;
  /** PUBLISH packets sent so far, one for each receiver, repeats included. */
  publishSent = 0;
  /** Payload bytes of `publishReceived`. */
  publishBytesReceived = 0;
  /** Payload bytes of `publishSent`. */
  publishBytesSent = 0;
  /**
   * Messages given up so far: once for each session that does not get it, see `DropReason`, and once
   * for each message that was refused to its publisher, whatever the reason.
   */
  publishDropped = 0;
  /** Messages refused to their publishers so far because they would have had to wait, and there was no room. */
  publishRefused = 0;
  /** Payload bytes that wait now, for all sessions together, at QoS 0 as well. */
  queuedBytes = 0;
  /** Retained messages of now, those of `$SYS` included. */
  retainedMessages = 0;
  /** Bytes of `retainedMessages`, as `maximumRetainedBytes` counts them. */
  retainedBytes = 0;
  /** Subscriptions of now, shared ones and those of the host program included. */
  subscriptions = 0;
  /** Members of shared groups now, each with each filter. */
  sharedSubscriptions = 0;
  /** Characters of all Topic Filters of now, and 256 for each subscription. */
  subscriptionBytes = 0;
  /** Sessions of now, of clients that are connected and of those that are not. */
  sessions = 0;
  /** Commits that the store refused or failed at so far. */
  storeFailures = 0;

  /** One more client, and perhaps more than ever before. */
  clientConnected(): void {
    this.clientsConnected++;
    this.clientsMaximum = Math.max(this.clientsMaximum, this.clientsConnected);
  }
}
