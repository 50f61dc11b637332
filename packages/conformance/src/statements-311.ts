// From docs/statements/mqtt-3.1.1.tsv, by `npm run conformance:matrix`.

/** The normative statements of MQTT 3.1.1 that a server shows to the outside, in our own words: an id and its text a line. */
export const statements311: string = `
MQTT-1.5.3-1 Every string field must hold valid RFC 3629 UTF-8; surrogates U+D800..U+DFFF (e.g. bytes ED A0 80) are illegal. A receiver finding ill-formed UTF-8 in any string field closes the Network Connection.
MQTT-1.5.3-2 No string field may encode U+0000; the receiver of a packet whose string contains byte 00 closes the Network Connection.
MQTT-1.5.3-3 Bytes EF BB BF inside a string denote the character U+FEFF at any position and must survive decoding: no BOM stripping (topic U+FEFF+"a" differs from "a").
MQTT-2.2.2-1 Reserved fixed-header flag bits carry the Table 2.2 values: 0b0000 for CONNECT, CONNACK, PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT; 0b0010 for PUBREL, SUBSCRIBE, UNSUBSCRIBE.
MQTT-2.2.2-2 On a packet whose fixed-header flags are wrong for its type the receiver closes the Network Connection.
MQTT-2.3.1-1 SUBSCRIBE, UNSUBSCRIBE and PUBLISH at QoS 1 or 2 carry a 16-bit Packet Identifier in 1..65535; 0 is illegal.
MQTT-2.3.1-4 The same rules (fresh non-zero identifier, same one on re-send, released only by PUBACK/PUBCOMP) bind the server for the QoS>0 PUBLISH packets it sends.
MQTT-2.3.1-5 A QoS 0 PUBLISH has no Packet Identifier field: the payload starts right after the Topic Name.
MQTT-2.3.1-6 PUBACK, PUBREC and PUBREL echo the identifier of the PUBLISH they belong to.
MQTT-2.3.1-7 SUBACK and UNSUBACK echo the identifier of the SUBSCRIBE / UNSUBSCRIBE they answer.
MQTT-3.1.0-1 CONNECT is the first packet a client sends on a new Network Connection.
MQTT-3.1.0-2 A second CONNECT on the same connection is a protocol violation: the server disconnects that client.
MQTT-3.1.2-1 If the protocol name is not "MQTT" the server may drop the client or handle the CONNECT under another specification (e.g. "MQIsdp" = 3.1), but must not go on treating it as 3.1.1.
MQTT-3.1.2-2 Unsupported protocol level: the server answers CONNACK return code 0x01 and then disconnects.
MQTT-3.1.2-3 The server checks that Connect Flags bit 0 (reserved) is 0 and disconnects the client when it is 1.
MQTT-3.1.2-4 CleanSession=0: the server continues the session stored for that ClientId, or creates one if none exists; client and server both keep the session after the disconnect.
MQTT-3.1.2-5 While a CleanSession=0 client is offline the server adds QoS 1 and QoS 2 messages matching the subscriptions it had at disconnection to the session state and delivers them later.
MQTT-3.1.2-6 CleanSession=1: both ends drop any earlier session and begin one that lives only as long as this connection; none of its state may reappear in a later session.
MQTT-3.1.2-7 Retained messages are not session state: the end of a session must not delete them.
MQTT-3.1.2-8 Will Flag=1 and CONNECT accepted: the server stores the Will with the connection and publishes it when that connection closes, unless receipt of DISCONNECT deleted it first.
MQTT-3.1.2-9 Will Flag=1: the server uses the Will QoS and Will Retain bits, and the payload must contain both Will Topic and Will Message.
MQTT-3.1.2-10 The stored Will is removed once published or once DISCONNECT arrives; it is never published twice or after a clean disconnect.
MQTT-3.1.2-11 Will Flag=0: Will QoS and Will Retain bits are zero and the payload has neither Will Topic nor Will Message.
MQTT-3.1.2-12 Will Flag=0: the end of the connection publishes no Will.
MQTT-3.1.2-13 Will Flag=0 requires Will QoS bits = 0.
MQTT-3.1.2-14 Will Flag=1 permits Will QoS 0, 1 or 2; 3 is forbidden.
MQTT-3.1.2-15 Will Flag=0 requires Will Retain = 0.
MQTT-3.1.2-16 Will Flag=1 with Will Retain=0: the Will is published as an ordinary, non-retained message.
MQTT-3.1.2-17 Will Flag=1 with Will Retain=1: the Will is published as a retained message (later subscribers get it with RETAIN=1).
MQTT-3.1.2-18 User Name Flag=0: no User Name field in the payload.
MQTT-3.1.2-19 User Name Flag=1: a User Name field is in the payload.
MQTT-3.1.2-20 Password Flag=0: no Password field in the payload.
MQTT-3.1.2-21 Password Flag=1: a Password field is in the payload.
MQTT-3.1.2-22 User Name Flag=0 forces Password Flag=0 (a password without user name is illegal in 3.1.1).
MQTT-3.1.2-24 Keep Alive > 0 and no packet received for 1.5 x Keep Alive: the server disconnects as though the network had failed (so the Will is due).
MQTT-3.1.3-1 Payload field order is fixed: Client Identifier, Will Topic, Will Message, User Name, Password (each only if its flag is set; ClientId always).
MQTT-3.1.3-2 Both sides key their session state by ClientId, which is unique per client.
MQTT-3.1.3-3 The ClientId field is always there (possibly zero length) and comes first in the payload.
MQTT-3.1.3-4 ClientId is a UTF-8 string obeying 1.5.3.
MQTT-3.1.3-5 The server accepts every ClientId of 1 to 23 bytes made of [0-9a-zA-Z].
MQTT-3.1.3-6 If the server permits zero-length ClientIds it assigns such a client a unique id itself and then proceeds as if the client had supplied that id.
MQTT-3.1.3-8 Zero-length ClientId with CleanSession=0: the server answers CONNACK 0x02 (identifier rejected) and closes.
MQTT-3.1.3-9 Whenever the server refuses a ClientId it answers CONNACK 0x02 and closes.
MQTT-3.1.3-10 Will Topic is a UTF-8 string obeying 1.5.3.
MQTT-3.1.3-11 User Name is a UTF-8 string obeying 1.5.3.
MQTT-3.1.4-1 The server validates CONNECT against section 3.1; a non-conforming CONNECT gets no CONNACK, only a close.
MQTT-3.1.4-2 A valid CONNECT whose ClientId is already connected makes the server disconnect the older client.
MQTT-3.1.4-3 After successful validation the server carries out the CleanSession processing of 3.1.2.4.
MQTT-3.1.4-4 After successful validation the server replies with CONNACK return code 0x00.
MQTT-3.1.4-5 When the server rejects a CONNECT it ignores anything the client pipelined after it (e.g. a PUBLISH in the same segment has no effect).
MQTT-3.2.0-1 CONNACK is the first packet the server sends on a connection.
MQTT-3.2.2-1 Accepting CleanSession=1: CONNACK has return code 0x00 and Session Present=0.
MQTT-3.2.2-2 Accepting CleanSession=0 with stored session state for the ClientId: Session Present=1.
MQTT-3.2.2-3 Accepting CleanSession=0 without stored session state: Session Present=0, return code 0x00.
MQTT-3.2.2-4 A CONNACK with non-zero return code has Session Present=0.
MQTT-3.2.2-5 After a CONNACK with non-zero return code the server closes the connection.
MQTT-3.2.2-6 If none of return codes 0x00..0x05 fits, the server closes without any CONNACK.
MQTT-3.3.1-1 DUP=1 on every re-delivery attempt of a PUBLISH, by client or server.
MQTT-3.3.1-2 DUP=0 on all QoS 0 PUBLISH packets.
MQTT-3.3.1-3 The server never copies DUP from the incoming PUBLISH; outgoing DUP depends only on whether that outgoing packet is a retransmission.
MQTT-3.3.1-4 QoS bits 11 are forbidden in PUBLISH; a receiver of such a packet closes the connection.
MQTT-3.3.1-5 RETAIN=1 from a client: the server stores message and QoS for delivery to future subscribers whose filter matches the topic.
MQTT-3.3.1-6 A new subscription is sent the last retained message of each matching topic.
MQTT-3.3.1-7 RETAIN=1 at QoS 0: the topic's earlier retained message must go; the new one should be stored but may be discarded at any time (then there is none).
MQTT-3.3.1-8 A message the server sends because a subscription was just made carries RETAIN=1.
MQTT-3.3.1-9 A message sent because it matches an already established subscription carries RETAIN=0, whatever the publisher set.
MQTT-3.3.1-10 RETAIN=1 with empty payload: current subscribers get it normally, the topic's retained message is deleted, later subscribers get nothing.
MQTT-3.3.1-11 A zero-byte retained message is never itself stored.
MQTT-3.3.1-12 RETAIN=0 from a client: nothing is stored and an existing retained message is neither replaced nor removed (also with an empty payload).
MQTT-3.3.2-1 Topic Name is the first variable-header field of PUBLISH and is a UTF-8 string.
MQTT-3.3.2-2 A PUBLISH Topic Name contains no '+' or '#'.
MQTT-3.3.2-3 The Topic Name of a PUBLISH sent to a subscriber matches that subscription's filter under 4.7.
MQTT-3.3.4-1 Reply by QoS: 0 none, 1 PUBACK, 2 PUBREC.
MQTT-3.3.5-1 Overlapping subscriptions of one client: the message is delivered at the highest QoS among the matching subscriptions.
MQTT-3.3.5-2 An unauthorised PUBLISH cannot be refused explicitly: the server either acknowledges it positively per its QoS or closes the connection.
MQTT-3.6.1-1 PUBREL flags are 0b0010; the server treats any other value as malformed and closes.
MQTT-3.8.1-1 SUBSCRIBE flags are 0b0010; the server treats any other value as malformed and closes.
MQTT-3.8.3-1 SUBSCRIBE Topic Filters are UTF-8 strings (1.5.3).
MQTT-3.8.3-2 A server that does not implement wildcards rejects each subscription whose filter has one (SUBACK 0x80).
MQTT-3.8.3-3 SUBSCRIBE carries at least one filter/QoS pair; an empty payload is a protocol violation.
MQTT-3.8.3-4 Requested-QoS byte with any of its six upper bits set, or with QoS 3: malformed, the server closes the connection.
MQTT-3.8.4-1 Every SUBSCRIBE is answered by a SUBACK.
MQTT-3.8.4-2 SUBACK repeats the Packet Identifier of its SUBSCRIBE.
MQTT-3.8.4-3 A filter identical to one already subscribed replaces the old subscription outright (QoS may change); matching retained messages are sent again; ongoing message flow is not interrupted.
MQTT-3.8.4-4 Several filters in one SUBSCRIBE act like consecutive SUBSCRIBEs, except that one SUBACK answers all.
MQTT-3.8.4-5 SUBACK has one return code per filter/QoS pair: the granted maximum QoS (0,1,2) or failure 0x80.
MQTT-3.8.4-6 The server may grant less than requested; delivery QoS = min(published QoS, granted QoS).
MQTT-3.9.3-1 SUBACK return codes stand in the order of the SUBSCRIBE filters.
MQTT-3.9.3-2 SUBACK uses only 0x00, 0x01, 0x02 and 0x80.
MQTT-3.10.1-1 UNSUBSCRIBE flags are 0b0010; the server treats any other value as malformed and closes.
MQTT-3.10.3-1 UNSUBSCRIBE filters are UTF-8 strings laid out back to back.
MQTT-3.10.3-2 UNSUBSCRIBE names at least one filter; an empty payload is a protocol violation.
MQTT-3.10.4-1 Each filter is compared character by character with the client's subscriptions; an exact match deletes that subscription, anything else changes nothing (no wildcard expansion).
MQTT-3.10.4-2 Once a subscription is deleted no new message is queued to the client on its account.
MQTT-3.10.4-3 QoS 1/2 deliveries of a deleted subscription that were already started are finished.
MQTT-3.10.4-4 Every UNSUBSCRIBE is answered by an UNSUBACK with the same Packet Identifier.
MQTT-3.10.4-5 UNSUBACK is sent even if nothing was subscribed under the given filters.
MQTT-3.10.4-6 Several filters act like consecutive UNSUBSCRIBEs with one UNSUBACK.
MQTT-3.12.4-1 PINGREQ is answered with PINGRESP.
MQTT-3.14.1-1 The server checks the reserved flag bits of DISCONNECT and disconnects the client if any is set.
MQTT-3.14.4-3 Receipt of DISCONNECT makes the server drop the connection's Will unpublished.
MQTT-4.1.0-1 Client and server keep session state for as long as the session exists.
MQTT-4.1.0-2 A session lives at least as long as its active connection.
MQTT-4.3.1-1 QoS 0 sender: PUBLISH with QoS=0 and DUP=0.
MQTT-4.3.2-1 QoS 1 sender: unused Packet Identifier per new message; first PUBLISH has QoS=1, DUP=0 and that identifier; the message stays unacknowledged until the matching PUBACK.
MQTT-4.3.2-2 QoS 1 receiver: accept ownership and reply PUBACK with the same identifier; after that PUBACK any PUBLISH with this identifier is a new message regardless of DUP.
MQTT-4.3.3-1 QoS 2 sender: unused identifier; PUBLISH QoS=2 DUP=0; unacknowledged until PUBREC; on PUBREC send PUBREL with that identifier; PUBREL unacknowledged until PUBCOMP; once PUBREL was sent the PUBLISH is never re-sent.
MQTT-4.3.3-2 QoS 2 receiver: own the message and reply PUBREC with its identifier; until PUBREL, answer repeats of that identifier with PUBREC and pass nothing on twice; answer PUBREL with PUBCOMP (same identifier); after PUBCOMP that identifier means a new message.
MQTT-4.4.0-1 On reconnection with CleanSession=0 both sides send again all unacknowledged QoS>0 PUBLISH and all PUBREL with their original identifiers.
MQTT-4.5.0-1 On taking ownership of a message the server adds it to the session state of every client with a matching subscription.
MQTT-4.6.0-5 Every topic is an Ordered Topic unless an administrator configured otherwise.
MQTT-4.6.0-6 For an Ordered Topic the server obeys rules -1..-4 towards each subscriber and forwards messages of one publisher on the same topic and QoS in arrival order.
MQTT-4.7.1-1 '+' and '#' may occur in Topic Filters, never in Topic Names.
MQTT-4.7.1-2 '#' is the whole filter or follows '/', and is always the last character: "sport/tennis#" and "sport/#/ranking" are invalid.
MQTT-4.7.1-3 '+' fills a complete level, at any position: "+", "+/tennis/#", "sport/+/player1" valid; "sport+" invalid.
MQTT-4.7.2-1 Filters that begin with '#' or '+' never match topics that begin with '$'.
MQTT-4.7.3-1 Topic Names and Filters have length >= 1 character.
MQTT-4.7.3-2 Topic Names and Filters never contain U+0000.
MQTT-4.7.3-4 Matching compares topics exactly as sent: no Unicode normalisation, case folding, trimming or substitution.
MQTT-4.8.0-1 Unless said otherwise, whoever detects a protocol violation closes the connection that carried the offending packet.
MQTT-6.0.0-1 MQTT travels in binary WebSocket frames; on any other data frame type the recipient closes the connection.
MQTT-6.0.0-2 A WebSocket frame may hold several packets or a fragment of one: receivers must not rely on frame boundaries.
MQTT-6.0.0-4 The server selects and returns subprotocol "mqtt".
MQTT-7.1.1-1 A server supports at least one transport giving an ordered, lossless byte stream in both directions.
`;
