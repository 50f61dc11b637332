/**
 * The Keep Alive in force, in seconds: a Server Keep Alive binds both ends, also when the client
 * asked for 0. [MQTT-3.1.2-21] [MQTT-3.2.2-22]
 */
export function effectiveKeepAlive(keepAlive: number, serverKeepAlive: number | undefined): number {
  return serverKeepAlive ?? keepAlive;
}

/**
 * Server: when to close a connection on which nothing was received since `lastReceived`, one and a
 * half times the Keep Alive later. `keepAlive` is in seconds, times are in milliseconds; Infinity
 * for 0. What the server sends does not count. [MQTT-3.1.2-22] [MQTT-3.1.2-24 @3.1.1]
 */
export function serverKeepAliveDeadline(keepAlive: number, lastReceived: number): number {
  return keepAlive === 0 ? Infinity : lastReceived + keepAlive * 1500;
}

/**
 * Client: when to send PINGREQ if nothing was sent since `lastSent`. A tenth of the Keep Alive
 * early, at most a second, because a timer is late and the gap must not be longer than the Keep
 * Alive. Units as above. [MQTT-3.1.2-20] [MQTT-3.1.2-23 @3.1.1]
 */
export function clientPingDeadline(keepAlive: number, lastSent: number): number {
  return keepAlive === 0 ? Infinity : lastSent + keepAlive * 1000 - Math.min(keepAlive * 100, 1000);
}

/**
 * Client: when to give up a connection whose PINGREQ of `pingSent` has no PINGRESP. The
 * specification says "a reasonable amount of time"; here it is one Keep Alive. Units as above.
 */
export function pingResponseDeadline(keepAlive: number, pingSent: number): number {
  return keepAlive === 0 ? Infinity : pingSent + keepAlive * 1000;
}
