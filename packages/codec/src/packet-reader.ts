import { byteAt, copyOf, uint16At, uint32At } from './byte-at.ts';
import type { ProtocolVersion, Role } from './packet-type.ts';
import { integerRule, type Rule, rules, violation } from './rules.ts';
import { decodeUtf8, decodeUtf8Leniently, Utf8Fault, utf8Fault } from './utf8.ts';
import { integerLength, readInteger } from './variable-byte-integer.ts';

/**
 * A cursor over the body of one packet that never passes its end.
 *
 * Throws a ProtocolError, which the decoder catches: it does not leave the package by a sink.
 */
export class PacketReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly protocolVersion: ProtocolVersion;
  /** Who sent the packet; `undefined` when either side may have. */
  readonly sender: Role | undefined;
  position: number;

  constructor(
    bytes: Uint8Array,
    position: number,
    end: number,
    protocolVersion: ProtocolVersion,
    sender: Role | undefined,
  ) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.protocolVersion = protocolVersion;
    this.sender = sender;
  }

  get atEnd(): boolean {
    return this.position === this.end;
  }

  uint8(): number {
    return byteAt(this.bytes, this.#advance(1));
  }

  uint16(): number {
    return uint16At(this.bytes, this.#advance(2));
  }

  uint32(): number {
    return uint32At(this.bytes, this.#advance(4));
  }

  /** A Variable Byte Integer. */
  integer(): number {
    const value = readInteger(this.bytes, this.position, this.end);
    if (value < 0) this.fail(integerRule(value));
    this.position += integerLength(value);
    return value;
  }

  /** A UTF-8 Encoded String, always a valid one: 3.1 had no rule for its bytes, so what is wrong there is replaced. */
  string(): string {
    const length = this.uint16();
    const start = this.#advance(length);
    const fault = utf8Fault(this.bytes, start, this.position);
    if (fault === Utf8Fault.None) return decodeUtf8(this.bytes, start, this.position);
    if (this.protocolVersion === 3) return decodeUtf8Leniently(this.bytes, start, this.position);
    this.fail(fault === Utf8Fault.IllFormed ? rules.stringIllFormed : rules.stringNull);
  }

  /** Binary Data, as a copy. */
  binary(): Uint8Array {
    const length = this.uint16();
    const start = this.#advance(length);
    return copyOf(this.bytes, start, this.position);
  }

  /** A reader of the next `length` bytes; this one goes on behind them. */
  block(length: number): PacketReader {
    const start = this.#advance(length);
    return new PacketReader(this.bytes, start, this.position, this.protocolVersion, this.sender);
  }

  packetId(): number {
    const packetId = this.uint16();
    if (packetId === 0) this.fail(rules.packetIdZero);
    return packetId;
  }

  /** The packet must not go on. */
  finish(): void {
    if (!this.atEnd) this.fail(rules.trailingBytes);
  }

  fail(rule: Rule): never {
    throw violation(rule, this.protocolVersion);
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.end - start) this.fail(rules.truncated);
    this.position = start + length;
    return start;
  }
}
