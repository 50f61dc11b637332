/**
 * Our own Receive Maximum on one Network Connection: how many QoS 1 and 2 PUBLISH packets of the
 * peer we have not acknowledged.
 *
 * One counter for both QoS, MQTT 5.0 section 4.9. `begin` for each PUBLISH that is not a repeat
 * within the connection (see `Qos2Receiver.counted`); `end` when PUBACK, PUBCOMP, or PUBREC with
 * 0x80 or more is sent for it.
 */
export class ReceiveQuota {
  readonly receiveMaximum: number;
  #outstanding = 0;

  constructor(receiveMaximum: number) {
    if (!Number.isInteger(receiveMaximum) || receiveMaximum < 1 || receiveMaximum > 65_535) {
      throw new TypeError(
        `receiveMaximum must be an integer from 1 to 65535, not ${receiveMaximum}`,
      );
    }
    this.receiveMaximum = receiveMaximum;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  /**
   * A PUBLISH has come. False: one too many, DISCONNECT 0x93 [MQTT-3.3.4-7]; it is not counted
   * then.
   */
  begin(): boolean {
    if (this.#outstanding >= this.receiveMaximum) return false;
    this.#outstanding++;
    return true;
  }

  /** The acknowledgement that ends one is sent. */
  end(): void {
    if (this.#outstanding > 0) this.#outstanding--;
  }
}
