import type { Released, Sent, SessionChange, Settled } from '@wellhead/session-store';
import type { Session } from './session.ts';

/**
 * The deliveries of one session that are sent, released and settled without another change in between: one
 * change of each kind for all of them, at the end of the list. These are kept in the order in which one
 * delivery goes through them, since different ones do not depend on each other.
 */
export class DeliveryRun {
  #clientId = '';
  #epoch = 0;
  /** Length of the list behind the run; when it is longer now, something else has followed. */
  #length = NONE;
  #sent: (Growing<Sent> & { readonly packetIds: number[] }) | undefined;
  #released: Growing<Released> | undefined;
  #settled: Growing<Settled> | undefined;

  sent(changes: SessionChange[], session: Session, messageId: number, packetId: number): void {
    this.#begin(changes, session);
    if (this.#sent === undefined) {
      const { clientId, epoch } = session;
      this.#sent = { type: 'sent', clientId, epoch, messageIds: [], packetIds: [] };
      this.#insert(changes, this.#sent, this.#count(this.#released) + this.#count(this.#settled));
    }
    this.#sent.messageIds.push(messageId);
    this.#sent.packetIds.push(packetId);
  }

  released(changes: SessionChange[], session: Session, messageId: number): void {
    this.#begin(changes, session);
    if (this.#released === undefined) {
      const { clientId, epoch } = session;
      this.#released = { type: 'released', clientId, epoch, messageIds: [] };
      this.#insert(changes, this.#released, this.#count(this.#settled));
    }
    this.#released.messageIds.push(messageId);
  }

  settled(changes: SessionChange[], session: Session, messageId: number): void {
    this.#begin(changes, session);
    if (this.#settled === undefined) {
      const { clientId, epoch } = session;
      this.#settled = { type: 'settled', clientId, epoch, messageIds: [] };
      this.#insert(changes, this.#settled, 0);
    }
    this.#settled.messageIds.push(messageId);
  }

  /** The list is handed over: nothing in it may change any more. */
  end(): void {
    this.#length = NONE;
  }

  #begin(changes: readonly SessionChange[], { clientId, epoch }: Session): void {
    if (this.#length === changes.length && this.#epoch === epoch && this.#clientId === clientId)
      return;
    this.#clientId = clientId;
    this.#epoch = epoch;
    this.#length = changes.length;
    this.#sent = undefined;
    this.#released = undefined;
    this.#settled = undefined;
  }

  /** In front of the last `behind` changes. */
  #insert(changes: SessionChange[], change: SessionChange, behind: number): void {
    if (behind === 0) changes.push(change);
    else changes.splice(changes.length - behind, 0, change);
    this.#length = changes.length;
  }

  #count(change: object | undefined): number {
    return change === undefined ? 0 : 1;
  }
}

/** A change whose lists grow until it is committed. */
type Growing<Change extends Sent | Released | Settled> = Change & { readonly messageIds: number[] };

const NONE = -1;
