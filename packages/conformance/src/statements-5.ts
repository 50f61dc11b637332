// From docs/statements/mqtt-5.0.tsv, by `npm run conformance:matrix`.

/** The normative statements of MQTT 5.0 that a server shows to the outside, in our own words: an id and its text a line. */
export const statements5: string = `
MQTT-1.5.4-1 String bytes are valid RFC 3629 UTF-8; encodings of U+D800..U+DFFF are forbidden.
MQTT-1.5.4-2 A string never encodes U+0000.
MQTT-1.5.4-3 EF BB BF always denotes U+FEFF and is neither skipped nor stripped wherever it stands in a string.
MQTT-1.5.5-1 Variable Byte Integers are written in the fewest bytes possible (1..4); 0x80 0x00 for zero is non-conformant.
MQTT-1.5.7-1 Both members of a String Pair (User Property) obey the UTF-8 string rules.
MQTT-2.1.3-1 Reserved fixed-header bits have the Table 2-2 values: 0b0010 for PUBREL, SUBSCRIBE, UNSUBSCRIBE; 0b0000 for all others except PUBLISH.
MQTT-2.2.1-2 A QoS 0 PUBLISH has no Packet Identifier.
MQTT-2.2.1-4 Each new QoS>0 PUBLISH of the server gets a non-zero identifier not in use in that session.
MQTT-2.2.1-5 PUBACK, PUBREC, PUBREL and PUBCOMP repeat the identifier of the PUBLISH they concern.
MQTT-2.2.1-6 SUBACK and UNSUBACK repeat the identifier of the request.
MQTT-2.2.2-1 An empty property set is written as Property Length 0 (the field is not left out).
MQTT-3.1.0-1 CONNECT is the first packet a client sends on a new connection.
MQTT-3.1.0-2 A second CONNECT on a connection is a Protocol Error; the server closes.
MQTT-3.1.2-1 Protocol name must be "MQTT". A server refusing it may reveal itself with CONNACK 0x84 (Unsupported Protocol Version) and must then close.
MQTT-3.1.2-2 Version byte other than 5 that the server will not serve: optional CONNACK 0x84, then close.
MQTT-3.1.2-3 The server verifies that Connect Flags bit 0 is 0.
MQTT-3.1.2-4 Clean Start=1: client and server discard any existing session and begin a new one.
MQTT-3.1.2-5 Clean Start=0 and a session exists for the ClientID: the server resumes from that session's state.
MQTT-3.1.2-6 Clean Start=0 and no session exists: the server creates one.
MQTT-3.1.2-7 Will Flag=1: the server stores the Will Message as part of the session.
MQTT-3.1.2-8 After the connection closes the Will is published when the Will Delay Interval elapses or the session ends, whichever is first; not if DISCONNECT 0x00 deleted it or a new connection for the ClientID opens before the delay has elapsed.
MQTT-3.1.2-9 Will Flag=1: Will Properties, Will Topic and Will Payload are all in the payload.
MQTT-3.1.2-10 The stored Will is removed after publication or on DISCONNECT with reason 0x00.
MQTT-3.1.2-11 Will Flag=0 requires Will QoS=0.
MQTT-3.1.2-12 Will Flag=1: Will QoS is 0, 1 or 2.
MQTT-3.1.2-13 Will Flag=0 requires Will Retain=0.
MQTT-3.1.2-14 Will Retain=0: the Will is published non-retained.
MQTT-3.1.2-15 Will Retain=1: the Will is published retained.
MQTT-3.1.2-16 User Name Flag=0: no User Name in the payload.
MQTT-3.1.2-17 User Name Flag=1: a User Name in the payload.
MQTT-3.1.2-18 Password Flag=0: no Password in the payload.
MQTT-3.1.2-19 Password Flag=1: a Password in the payload.
MQTT-3.1.2-22 Keep Alive > 0 and no packet received for 1.5 x the effective Keep Alive: the server closes as on network failure.
MQTT-3.1.2-23 Session Expiry Interval > 0: client and server keep the session state after the connection closes.
MQTT-3.1.2-24 The server sends the client no packet larger than the client's Maximum Packet Size.
MQTT-3.1.2-25 A packet too large to send is dropped unsent and then treated as if its delivery had completed.
MQTT-3.1.2-26 Topic Aliases the server sends do not exceed the client's Topic Alias Maximum.
MQTT-3.1.2-27 Client Topic Alias Maximum absent or 0: the server sends no alias at all.
MQTT-3.1.2-28 Request Response Information 0 (or absent): CONNACK contains no Response Information.
MQTT-3.1.2-29 Request Problem Information 0: Reason String and User Property may appear only on PUBLISH, CONNACK and DISCONNECT, on no other packet from the server.
MQTT-3.1.3-1 Payload order: Client Identifier, Will Properties, Will Topic, Will Payload, User Name, Password.
MQTT-3.1.3-2 Session state is identified by ClientID on both sides.
MQTT-3.1.3-3 The ClientID field is mandatory and first in the payload (it may be empty).
MQTT-3.1.3-4 ClientID is a UTF-8 Encoded String.
MQTT-3.1.3-5 The server accepts ClientIDs of 1..23 bytes from [0-9a-zA-Z].
MQTT-3.1.3-6 If empty ClientIDs are allowed, the server gives such a client a unique ClientID.
MQTT-3.1.3-7 It then continues as though the client had sent that id and returns it as Assigned Client Identifier in CONNACK.
MQTT-3.1.3-8 Rejecting a ClientID: optional CONNACK 0x85 (Client Identifier not valid), then close.
MQTT-3.1.3-9 A new connection to this session before the Will Delay Interval has passed cancels the Will.
MQTT-3.1.3-10 User Properties of the Will keep their order when the Will is published.
MQTT-3.1.3-11 Will Topic is a UTF-8 Encoded String.
MQTT-3.1.3-12 User Name, present when its flag is 1, is a UTF-8 Encoded String.
MQTT-3.1.4-1 The server validates CONNECT against section 3.1 and closes if it does not match.
MQTT-3.1.4-2 The server may apply further checks and should authenticate/authorise; if any check fails it closes.
MQTT-3.1.4-3 ClientID already connected: the server sends the old client DISCONNECT 0x8E (Session taken over) and closes the old connection.
MQTT-3.1.4-4 The server then performs Clean Start processing (3.1.2.4).
MQTT-3.1.4-5 A successful CONNECT is acknowledged with CONNACK 0x00.
MQTT-3.1.4-6 After rejecting a CONNECT the server processes no later data from that client other than AUTH packets.
MQTT-3.2.0-1 Before CONNACK 0x00 the server sends nothing but AUTH.
MQTT-3.2.0-2 At most one CONNACK per connection.
MQTT-3.2.2-1 In the first CONNACK variable-header byte only bit 0 may be set; bits 7..1 are zero.
MQTT-3.2.2-2 Accepting Clean Start=1: Session Present=0 with reason 0x00.
MQTT-3.2.2-3 Accepting Clean Start=0: Session Present=1 if session state exists, else 0; reason 0x00 in both cases.
MQTT-3.2.2-6 A CONNACK with non-zero reason has Session Present=0.
MQTT-3.2.2-7 After CONNACK with reason >= 0x80 the server closes.
MQTT-3.2.2-8 CONNACK uses only Table 3-1 codes: 00 80-8A 8C 90 95 97 99-9D 9F.
MQTT-3.2.2-9 A server without QoS 1 or QoS 2 publishing announces its limit in CONNACK Maximum QoS (0 or 1).
MQTT-3.2.2-10 Such a server still accepts SUBSCRIBE with requested QoS 0, 1 or 2 (granting less).
MQTT-3.2.2-12 Will QoS above the server's capability: the server refuses the connection, preferably with CONNACK 0x9B, and closes.
MQTT-3.2.2-13 Will Retain=1 on a server without retained messages: connection refused, preferably with CONNACK 0x9A, and closed.
MQTT-3.2.2-16 For an empty ClientID the CONNACK carries an Assigned Client Identifier that no other session on the server uses.
MQTT-3.2.2-19 CONNACK Reason String is left out if it would push CONNACK over the client's Maximum Packet Size.
MQTT-3.2.2-20 CONNACK User Property is left out if it would push CONNACK over the client's Maximum Packet Size.
MQTT-3.2.2-22 Without Server Keep Alive in CONNACK the server enforces the client's own Keep Alive.
MQTT-3.3.1-1 DUP=1 on each re-delivery attempt of a PUBLISH.
MQTT-3.3.1-2 DUP=0 on all QoS 0 PUBLISH.
MQTT-3.3.1-3 Outgoing DUP is independent of the incoming one; it tells only whether this outgoing packet is a retransmission.
MQTT-3.3.1-4 QoS bits 11 are forbidden.
MQTT-3.3.1-5 RETAIN=1 from a client: store the message, replacing the topic's previous retained message.
MQTT-3.3.1-6 RETAIN=1 with empty payload: processed as usual, but the topic's retained message is removed and later subscribers get none.
MQTT-3.3.1-7 A retained message with empty payload is not stored.
MQTT-3.3.1-8 RETAIN=0 from a client neither stores nor removes/replaces a retained message.
MQTT-3.3.1-9 Retain Handling 0: matching retained messages are sent at every subscribe.
MQTT-3.3.1-10 Retain Handling 1: matching retained messages are sent if the subscription is new, and must not be sent if it already existed.
MQTT-3.3.1-11 Retain Handling 2: no retained messages at subscribe time.
MQTT-3.3.1-12 Retain As Published=0: forwarded messages have RETAIN=0 whatever was received.
MQTT-3.3.1-13 Retain As Published=1: forwarded messages keep the RETAIN flag they were published with.
MQTT-3.3.2-1 Topic Name is the first PUBLISH variable-header field, a UTF-8 Encoded String.
MQTT-3.3.2-2 A PUBLISH Topic Name has no wildcard characters.
MQTT-3.3.2-3 The Topic Name sent to a subscriber matches its filter under 4.7.
MQTT-3.3.2-4 Payload Format Indicator reaches all subscribers unaltered.
MQTT-3.3.2-5 Interval passed and onward delivery to a subscriber not yet started: that subscriber's copy is deleted.
MQTT-3.3.2-6 A forwarded PUBLISH carries the received interval minus the seconds spent waiting in the server.
MQTT-3.3.2-7 Alias mappings never survive into another connection.
MQTT-3.3.2-8 Topic Alias 0 is never sent.
MQTT-3.3.2-11 Server aliases stay within the Topic Alias Maximum from CONNECT.
MQTT-3.3.2-12 A server accepts every alias from 1 to the Topic Alias Maximum it returned in CONNACK.
MQTT-3.3.2-13 Response Topic is a UTF-8 Encoded String.
MQTT-3.3.2-14 Response Topic has no wildcard characters.
MQTT-3.3.2-15 Response Topic reaches all subscribers unaltered.
MQTT-3.3.2-16 Correlation Data reaches all subscribers unaltered.
MQTT-3.3.2-17 All User Properties of a PUBLISH are forwarded unaltered (duplicates included).
MQTT-3.3.2-18 Forwarded User Properties keep their order.
MQTT-3.3.2-19 Content Type is a UTF-8 Encoded String.
MQTT-3.3.2-20 Content Type reaches all subscribers unaltered.
MQTT-3.3.4-1 Response by QoS: 0 none, 1 PUBACK, 2 PUBREC.
MQTT-3.3.4-2 Overlapping subscriptions: delivery honours the highest QoS of all that match.
MQTT-3.3.4-3 Subscription Identifiers of overlapping matching subscriptions are sent in the resulting message.
MQTT-3.3.4-4 If one copy is sent it lists the Subscription Identifiers of all matching subscriptions that have one (any order, repeats kept).
MQTT-3.3.4-5 If several copies are sent each bears the Subscription Identifier of the subscription behind it, if any.
MQTT-3.3.4-6 A client's PUBLISH never contains a Subscription Identifier.
MQTT-3.3.4-9 Server: at most Receive Maximum (of the client) QoS 1+2 PUBLISHes not yet answered by PUBACK, PUBCOMP or PUBREC >= 0x80.
MQTT-3.3.4-10 A server whose window is full does not hold back packets other than PUBLISH.
MQTT-3.4.2-1 PUBACK uses only 00 10 80 83 87 90 91 97 99.
MQTT-3.4.2-2 PUBACK Reason String is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.4.2-3 PUBACK User Property is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.5.2-1 PUBREC uses only 00 10 80 83 87 90 91 97 99.
MQTT-3.5.2-2 PUBREC Reason String is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.5.2-3 PUBREC User Property is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.6.1-1 PUBREL flags are 0b0010; the server treats others as malformed and closes.
MQTT-3.6.2-1 PUBREL uses only 00 and 92.
MQTT-3.6.2-2 PUBREL Reason String is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.6.2-3 PUBREL User Property is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.7.2-1 PUBCOMP uses only 00 and 92.
MQTT-3.7.2-2 PUBCOMP Reason String is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.7.2-3 PUBCOMP User Property is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.8.1-1 SUBSCRIBE flags are 0b0010; the server treats others as malformed and closes.
MQTT-3.8.3-1 SUBSCRIBE Topic Filters are UTF-8 Encoded Strings.
MQTT-3.8.3-2 SUBSCRIBE has at least one filter + options pair.
MQTT-3.8.3-3 No Local (options bit 2) = 1: messages are not forwarded to a connection whose ClientID equals the publisher's.
MQTT-3.8.3-4 No Local=1 on a Shared Subscription is a Protocol Error.
MQTT-3.8.3-5 Options bits 6 or 7 set: the server treats SUBSCRIBE as malformed.
MQTT-3.8.4-1 Every SUBSCRIBE is answered by SUBACK.
MQTT-3.8.4-2 SUBACK repeats the SUBSCRIBE's Packet Identifier.
MQTT-3.8.4-3 A filter identical to a Non-shared Subscription of the session replaces that subscription (options and Subscription Identifier included).
MQTT-3.8.4-4 On such a replacement with Retain Handling 0 matching retained messages are sent again, and no message is lost through the replacement.
MQTT-3.8.4-5 Several filters act like consecutive SUBSCRIBEs with a single SUBACK.
MQTT-3.8.4-6 SUBACK has one Reason Code per filter/options pair.
MQTT-3.8.4-7 Each SUBACK code gives the granted maximum QoS (00/01/02) or a failure (>= 0x80).
MQTT-3.8.4-8 Delivery QoS = min(published QoS, granted Maximum QoS).
MQTT-3.9.2-1 SUBACK Reason String is left out if it would exceed the client's Maximum Packet Size.
MQTT-3.9.2-2 SUBACK User Property is left out if it would exceed the client's Maximum Packet Size.
MQTT-3.9.3-1 SUBACK codes stand in the order of the filters.
MQTT-3.9.3-2 SUBACK uses only 00 01 02 80 83 87 8F 91 97 9E A1 A2, one per filter.
MQTT-3.10.1-1 UNSUBSCRIBE flags are 0b0010; the server treats others as malformed and closes.
MQTT-3.10.3-1 UNSUBSCRIBE Topic Filters are UTF-8 Encoded Strings.
MQTT-3.10.3-2 UNSUBSCRIBE has at least one filter.
MQTT-3.10.4-1 Filters are compared character by character with the client's own; an exact match deletes that subscription.
MQTT-3.10.4-2 On UNSUBSCRIBE the server adds no further matching messages for the client.
MQTT-3.10.4-3 Matching QoS 1/2 deliveries already begun are completed.
MQTT-3.10.4-4 Every UNSUBSCRIBE is answered by UNSUBACK.
MQTT-3.10.4-5 UNSUBACK repeats the Packet Identifier and is sent even if nothing was deleted.
MQTT-3.10.4-6 Several filters act like consecutive UNSUBSCRIBEs with one UNSUBACK.
MQTT-3.11.2-1 UNSUBACK Reason String is left out if it would exceed the client's Maximum Packet Size.
MQTT-3.11.2-2 UNSUBACK User Property is left out if it would exceed the client's Maximum Packet Size.
MQTT-3.11.3-1 UNSUBACK codes stand in the order of the filters.
MQTT-3.11.3-2 UNSUBACK uses only 00 11 80 83 87 8F 91, one per filter.
MQTT-3.12.4-1 PINGREQ is answered with PINGRESP.
MQTT-3.14.0-1 The server sends DISCONNECT only after a CONNACK with reason < 0x80.
MQTT-3.14.1-1 The receiver checks DISCONNECT's reserved bits are 0; if not it sends DISCONNECT 0x81.
MQTT-3.14.2-1 DISCONNECT uses only Table 3-10 codes: 00 04 80-83 87 89 8B 8D-90 93-9F A0-A2, each from its permitted side.
MQTT-3.14.2-2 A server DISCONNECT has no Session Expiry Interval.
MQTT-3.14.2-3 DISCONNECT Reason String is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.14.2-4 DISCONNECT User Property is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.14.4-1 Nothing more is sent on the connection after DISCONNECT.
MQTT-3.14.4-2 The sender of DISCONNECT closes the connection.
MQTT-3.14.4-3 DISCONNECT 0x00: the server drops that connection's Will unpublished.
MQTT-3.15.1-1 AUTH flags are 0; the receiver treats others as malformed and closes.
MQTT-3.15.2-1 AUTH uses only 00 (server), 18 (either side), 19 (client).
MQTT-3.15.2-2 AUTH Reason String is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-3.15.2-3 AUTH User Property is left out if it would exceed the receiver's Maximum Packet Size.
MQTT-4.1.0-1 Session state is not discarded while the connection is open.
MQTT-4.1.0-2 A session that stays disconnected for longer than its Session Expiry Interval must have its state discarded by the server.
MQTT-4.2-1 At least one transport with an ordered, lossless byte stream in both directions is supported.
MQTT-4.3.1-1 QoS 0 sender: PUBLISH with QoS 0 and DUP 0.
MQTT-4.3.2-1 QoS 1 sender: unused Packet Identifier for each new message.
MQTT-4.3.2-2 QoS 1 sender: first transmission carries that identifier, QoS 1, DUP 0.
MQTT-4.3.2-3 QoS 1 sender: the PUBLISH remains unacknowledged until its PUBACK arrives.
MQTT-4.3.2-4 QoS 1 receiver: having accepted ownership, reply PUBACK with the same identifier.
MQTT-4.3.2-5 QoS 1 receiver: after PUBACK that identifier means a new message, whatever DUP says.
MQTT-4.3.3-1 QoS 2 sender: unused Packet Identifier for each new message.
MQTT-4.3.3-2 QoS 2 sender: first transmission carries that identifier, QoS 2, DUP 0.
MQTT-4.3.3-3 QoS 2 sender: the PUBLISH remains unacknowledged until its PUBREC arrives.
MQTT-4.3.3-4 QoS 2 sender: PUBREC with reason < 0x80 is answered by PUBREL with the same identifier.
MQTT-4.3.3-5 QoS 2 sender: the PUBREL remains unacknowledged until its PUBCOMP arrives.
MQTT-4.3.3-6 QoS 2 sender: no re-send of the PUBLISH once PUBREL has gone out.
MQTT-4.3.3-7 QoS 2 sender: message expiry no longer applies once the PUBLISH was sent.
MQTT-4.3.3-8 QoS 2 receiver: having accepted ownership, reply PUBREC with the same identifier.
MQTT-4.3.3-9 QoS 2 receiver: after a PUBREC >= 0x80 that identifier means a new message.
MQTT-4.3.3-10 QoS 2 receiver: until PUBREL comes, repeats of the identifier are answered with PUBREC and never passed on again.
MQTT-4.3.3-11 QoS 2 receiver: PUBREL is answered by PUBCOMP with the same identifier.
MQTT-4.3.3-12 QoS 2 receiver: after PUBCOMP that identifier means a new message.
MQTT-4.3.3-13 QoS 2 receiver: the acknowledgement sequence runs to its end even when message expiry was applied.
MQTT-4.4.0-1 Reconnect with Clean Start=0 and session present: both sides re-send unacknowledged QoS>0 PUBLISH and PUBREL under their original identifiers; re-sending at any other time is forbidden.
MQTT-4.4.0-2 PUBACK or PUBREC >= 0x80 counts as acknowledgement: that PUBLISH is not retransmitted.
MQTT-4.5.0-1 On taking ownership of a message the server adds it to the session state of all clients with matching subscriptions.
MQTT-4.6.0-5 On an Ordered Topic the server forwards one publisher's messages (same topic and QoS) to each consumer in arrival order.
MQTT-4.6.0-6 By default every topic is Ordered for Non-shared Subscriptions.
MQTT-4.7.0-1 Wildcards may be used in Topic Filters, never in Topic Names.
MQTT-4.7.1-1 '#' stands alone or right after '/', and only as the last character.
MQTT-4.7.1-2 '+' occupies a whole level, at any level.
MQTT-4.7.2-1 Filters starting with '#' or '+' do not match topics starting with '$'.
MQTT-4.7.3-1 Topic Names and Filters have at least one character.
MQTT-4.7.3-2 Topic Names and Filters contain no U+0000.
MQTT-4.7.3-4 Matching does no normalisation, modification or substitution of characters.
MQTT-4.8.2-1 A Shared Subscription filter starts with "$share/" followed by a ShareName of at least one character.
MQTT-4.8.2-2 ShareName has no '/', '+' or '#' and is followed by '/' and then a Topic Filter.
MQTT-4.8.2-3 Delivery to a group member honours the QoS granted to that member.
MQTT-4.8.2-4 QoS 2 delivery to the chosen member interrupted by connection loss is completed to that same member on reconnect.
MQTT-4.8.2-5 If that member's session ends before it reconnects, the (QoS 2) message goes to nobody else.
MQTT-4.8.2-6 A member answering PUBACK/PUBREC >= 0x80 causes the message to be dropped, not offered to another subscriber.
MQTT-4.9.0-1 Initial send quota is non-zero and at most the peer's Receive Maximum.
MQTT-4.9.0-2 Each QoS>0 PUBLISH sent lowers the quota by 1; at 0 no further QoS>0 PUBLISH may be sent.
MQTT-4.9.0-3 All other packets are still processed and answered with quota 0.
MQTT-4.12.0-1 Unsupported Authentication Method: optional CONNACK 0x8C or 0x87, then close.
MQTT-4.12.0-2 AUTH from the server asking for more data has reason 0x18.
MQTT-4.12.0-4 Rejecting during the exchange: optional CONNACK >= 0x80, then close.
MQTT-4.12.0-5 With an Authentication Method in CONNECT, all AUTH packets and a successful CONNACK repeat that same method.
MQTT-4.12.0-6 Without an Authentication Method in CONNECT the server sends no AUTH and no Authentication Method in CONNACK.
MQTT-4.12.0-7 Without an Authentication Method in CONNECT the client sends no AUTH.
MQTT-4.12.1-2 Failed re-authentication: DISCONNECT with a fitting reason is recommended; the connection is closed in any case.
MQTT-4.13.1-1 On a Malformed Packet or Protocol Error for which a Reason Code is given the server closes the connection.
MQTT-4.13.2-1 A CONNACK or DISCONNECT reason >= 0x80 entails closing the connection, whether or not that packet was actually sent.
MQTT-6.0.0-1 MQTT uses binary WebSocket frames; any other data frame type makes the recipient close.
MQTT-6.0.0-2 Frames may carry several or partial packets; no alignment may be assumed.
MQTT-6.0.0-4 The server selects and returns subprotocol "mqtt".
`;
