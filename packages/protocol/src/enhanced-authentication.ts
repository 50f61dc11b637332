import { type Auth, ProtocolError, ReasonCode, type Role } from '@wellhead/codec';

/**
 * Which AUTH packets are legal now, for either end of a connection; MQTT 5.0 section 4.12.
 *
 * Within an exchange the ends take turns, and the server has the first one: it goes on with AUTH
 * 0x18, or ends the exchange with CONNACK at first and with AUTH 0x00 later. What the data mean is
 * the method's business. Made anew for each Network Connection.
 */
export class EnhancedAuthentication {
  readonly #role: Role;
  #phase: AuthenticationPhase = 'idle';
  #turn: Role = 'server';
  #method: string | undefined = undefined;
  #connected = false;

  /** `role` is our own end. */
  constructor(role: Role) {
    this.#role = role;
  }

  /** `'idle'` when no exchange is under way, be it that none is ever allowed. */
  get phase(): AuthenticationPhase {
    return this.#phase;
  }

  /**
   * The Authentication Method of CONNECT, the only one of this connection; undefined when it had
   * none.
   */
  get method(): string | undefined {
    return this.#method;
  }

  /** Whose AUTH (or CONNACK) an exchange under way waits for. */
  get turn(): Role {
    return this.#turn;
  }

  /** CONNECT was sent (client) or received (server), with this Authentication Method. */
  connect(method: string | undefined): void {
    this.#method = method;
    if (method !== undefined) this.#begin('authenticating');
  }

  /**
   * CONNACK has come (client) or is about to be sent (server) with this Authentication Method. A
   * server that repeats the wrong one, or any without being asked, gets the error as well, as a
   * mistake of its own.
   */
  connack(reasonCode: ReasonCode, method: string | undefined): ProtocolError | undefined {
    // A refusal needs no method; a success repeats that of CONNECT, or has none
    if (method !== this.#method && (reasonCode < 0x80 || method !== undefined)) {
      return broken(
        'CONNACK has another Authentication Method than CONNECT',
        this.#method === undefined ? 'MQTT-4.12.0-6' : 'MQTT-4.12.0-5',
      );
    }
    this.#phase = 'idle';
    this.#connected = reasonCode < 0x80;
    return undefined;
  }

  /** AUTH has come from the peer. */
  receive(auth: Pick<Auth, 'reasonCode' | 'properties'>): ProtocolError | undefined {
    const sender = this.#role === 'server' ? 'client' : 'server';
    const { reasonCode } = auth;
    if (this.#method === undefined) {
      const statement = sender === 'client' ? 'MQTT-4.12.0-7' : 'MQTT-4.12.0-6';
      return broken('AUTH, but CONNECT had no Authentication Method', statement);
    }
    if (auth.properties?.authenticationMethod !== this.#method) {
      const statement =
        reasonCode === ReasonCode.ReAuthenticate ? 'MQTT-4.12.1-1' : 'MQTT-4.12.0-5';
      return broken('AUTH has another Authentication Method than CONNECT', statement);
    }
    if (!this.#legal(sender, reasonCode))
      return broken(`AUTH 0x${hex(reasonCode)} is not due`, this.#due(sender, reasonCode));
    this.#apply(sender, reasonCode);
    return undefined;
  }

  /** Whether we may send AUTH with this Reason Code now. */
  maySend(reasonCode: ReasonCode): boolean {
    return this.#legal(this.#role, reasonCode);
  }

  /** We send AUTH. Throws TypeError when `maySend` says no. */
  send(reasonCode: ReasonCode): void {
    if (!this.maySend(reasonCode))
      throw new TypeError(`AUTH 0x${hex(reasonCode)} may not be sent now`);
    this.#apply(this.#role, reasonCode);
  }

  #begin(phase: AuthenticationPhase): void {
    this.#phase = phase;
    this.#turn = 'server';
  }

  #legal(sender: Role, reasonCode: ReasonCode): boolean {
    if (this.#phase === 'idle') {
      const ours = this.#connected && this.#method !== undefined;
      // [MQTT-4.12.1-1]
      return ours && sender === 'client' && reasonCode === ReasonCode.ReAuthenticate;
    }
    if (sender !== this.#turn) return false;
    // [MQTT-4.12.0-2] [MQTT-4.12.0-3]
    if (reasonCode === ReasonCode.ContinueAuthentication) return true;
    return (
      sender === 'server' && this.#phase === 'reauthenticating' && reasonCode === ReasonCode.Success
    );
  }

  #apply(sender: Role, reasonCode: ReasonCode): void {
    if (reasonCode === ReasonCode.ReAuthenticate) this.#begin('reauthenticating');
    else if (reasonCode === ReasonCode.Success) this.#phase = 'idle';
    else this.#turn = sender === 'server' ? 'client' : 'server';
  }

  /** The statement that an AUTH breaks which is not legal now, if one says so. */
  #due(sender: Role, reasonCode: ReasonCode): string | undefined {
    const foreign = sender === 'client' ? ReasonCode.Success : ReasonCode.ReAuthenticate;
    if (reasonCode === foreign) return 'MQTT-3.15.2-1';
    if (this.#phase === 'idle' || sender !== this.#turn) return undefined;
    return sender === 'client' ? 'MQTT-4.12.0-3' : 'MQTT-4.12.0-2';
  }
}

/**
 * `'authenticating'` until CONNACK, `'reauthenticating'` from the client's AUTH 0x19 to the
 * server's AUTH 0x00.
 */
export type AuthenticationPhase = 'idle' | 'authenticating' | 'reauthenticating';

function broken(message: string, statement: string | undefined): ProtocolError {
  // 0x8C would say more, but Table 3-10 does not allow it in DISCONNECT
  return new ProtocolError(ReasonCode.ProtocolError, message, { statement });
}

function hex(reasonCode: ReasonCode): string {
  return reasonCode.toString(16).padStart(2, '0');
}
