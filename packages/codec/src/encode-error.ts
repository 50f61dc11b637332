/** A value that MQTT forbids was given to the encoder; nothing has been written. Code `MQTT_ENCODE`. */
export class EncodeError extends TypeError {
  override readonly name: string = 'EncodeError';
  readonly code: string = 'MQTT_ENCODE';
}
