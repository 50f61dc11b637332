import { PacketType, ReasonCode } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';
import { legacyReturnCode } from './connack.ts';
import type { AuthenticationRefused } from './hooks.ts';
import { permittedReasonCode } from './permitted-reason-code.ts';

/** CONNACK with a failure, then the end [MQTT-3.2.2-7]. Nothing of an existing session is touched. */
export function refuseClient(connection: ClientConnection, result: AuthenticationRefused): void {
  const reasonCode = result.reasonCode ?? ReasonCode.NotAuthorized;
  const { protocolVersion } = connection;
  connection.client = undefined;
  const code =
    protocolVersion === 5
      ? permittedReasonCode(PacketType.Connack, reasonCode)
      : legacyReturnCode(reasonCode);
  if (code !== undefined) {
    connection.send({
      type: PacketType.Connack,
      sessionPresent: false, // [MQTT-3.2.2-6]
      reasonCode: code,
      properties:
        protocolVersion === 5
          ? { reasonString: result.reasonString, serverReference: result.serverReference }
          : undefined,
    });
  }
  connection.end(reasonCode, result.reasonString ?? 'not admitted', false);
}
