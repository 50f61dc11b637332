/** User Properties in wire order; the same name may occur more than once [MQTT-3.3.2-18]. */
export type UserProperties = readonly (readonly [name: string, value: string])[];

/** The 27 properties of MQTT 5.0, section 2.2.2.2, under their names in camel case. Intervals are in seconds. */
export interface Properties {
  payloadFormatIndicator?: 0 | 1 | undefined;
  messageExpiryInterval?: number | undefined;
  contentType?: string | undefined;
  responseTopic?: string | undefined;
  correlationData?: Uint8Array | undefined;
  /** Several in a PUBLISH from a server, at most one in a SUBSCRIBE. */
  subscriptionIdentifiers?: readonly number[] | undefined;
  sessionExpiryInterval?: number | undefined;
  assignedClientIdentifier?: string | undefined;
  serverKeepAlive?: number | undefined;
  authenticationMethod?: string | undefined;
  authenticationData?: Uint8Array | undefined;
  requestProblemInformation?: 0 | 1 | undefined;
  willDelayInterval?: number | undefined;
  requestResponseInformation?: 0 | 1 | undefined;
  responseInformation?: string | undefined;
  serverReference?: string | undefined;
  reasonString?: string | undefined;
  receiveMaximum?: number | undefined;
  topicAliasMaximum?: number | undefined;
  topicAlias?: number | undefined;
  maximumQoS?: 0 | 1 | undefined;
  retainAvailable?: 0 | 1 | undefined;
  userProperties?: UserProperties | undefined;
  maximumPacketSize?: number | undefined;
  wildcardSubscriptionAvailable?: 0 | 1 | undefined;
  subscriptionIdentifiersAvailable?: 0 | 1 | undefined;
  sharedSubscriptionAvailable?: 0 | 1 | undefined;
}

/** Properties of a CONNECT itself; those of its Will are {@link WillProperties}. */
export type ConnectProperties = Pick<
  Properties,
  | 'sessionExpiryInterval'
  | 'authenticationMethod'
  | 'authenticationData'
  | 'requestProblemInformation'
  | 'requestResponseInformation'
  | 'receiveMaximum'
  | 'topicAliasMaximum'
  | 'userProperties'
  | 'maximumPacketSize'
>;

export type WillProperties = Pick<
  Properties,
  | 'payloadFormatIndicator'
  | 'messageExpiryInterval'
  | 'contentType'
  | 'responseTopic'
  | 'correlationData'
  | 'willDelayInterval'
  | 'userProperties'
>;

export type ConnackProperties = Pick<
  Properties,
  | 'sessionExpiryInterval'
  | 'assignedClientIdentifier'
  | 'serverKeepAlive'
  | 'authenticationMethod'
  | 'authenticationData'
  | 'responseInformation'
  | 'serverReference'
  | 'reasonString'
  | 'receiveMaximum'
  | 'topicAliasMaximum'
  | 'maximumQoS'
  | 'retainAvailable'
  | 'userProperties'
  | 'maximumPacketSize'
  | 'wildcardSubscriptionAvailable'
  | 'subscriptionIdentifiersAvailable'
  | 'sharedSubscriptionAvailable'
>;

export type PublishProperties = Pick<
  Properties,
  | 'payloadFormatIndicator'
  | 'messageExpiryInterval'
  | 'contentType'
  | 'responseTopic'
  | 'correlationData'
  | 'subscriptionIdentifiers'
  | 'topicAlias'
  | 'userProperties'
>;

/** PUBACK, PUBREC, PUBREL and PUBCOMP, but also SUBACK and UNSUBACK, have these two. */
export type AckProperties = Pick<Properties, 'reasonString' | 'userProperties'>;

export type SubscribeProperties = Pick<Properties, 'subscriptionIdentifiers' | 'userProperties'>;

export type SubackProperties = AckProperties;

export type UnsubscribeProperties = Pick<Properties, 'userProperties'>;

export type UnsubackProperties = AckProperties;

export type DisconnectProperties = Pick<
  Properties,
  'sessionExpiryInterval' | 'serverReference' | 'reasonString' | 'userProperties'
>;

export type AuthProperties = Pick<
  Properties,
  'authenticationMethod' | 'authenticationData' | 'reasonString' | 'userProperties'
>;
