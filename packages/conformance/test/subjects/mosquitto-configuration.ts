import { join } from 'node:path';

/** Where each listener is. */
export interface MosquittoPorts {
  readonly open: number;
  readonly ws: number;
  readonly users: number;
  readonly rights: number;
  readonly limited: number;
  readonly fewer: number;
}

/**
 * Name and content of each file; each `.conf` is a process. `passwords` wants to be hashed. Rights are
 * the plug-in's, because an acl_file refuses no subscription: it only withholds the messages.
 */
export function mosquittoFiles(
  { open, ws, users, rights, limited, fewer }: MosquittoPorts,
  folder: string,
  user: string,
): { readonly [name: string]: string } {
  // as root it would become a user of its own, who may not read the files
  const always = ['persistence false', 'log_dest stderr', 'set_tcp_nodelay true', `user ${user}`];
  const listener = (port: number): string => `listener ${port} 127.0.0.1`;
  const lines = (...more: string[]): string => [...always, ...more, ''].join('\n');
  const anybody = 'allow_anonymous true';
  return {
    passwords: 'alice:secret\n',
    'rights.json': JSON.stringify(deniedTopic),
    'open.conf': lines(
      'max_queued_messages 0',
      anybody,
      listener(open),
      listener(ws),
      'protocol websockets',
    ),
    'users.conf': lines(`password_file ${join(folder, 'passwords')}`, listener(users)),
    'rights.conf': lines(
      `plugin ${dynamicSecurity}`,
      `plugin_opt_config_file ${join(folder, 'rights.json')}`,
      anybody,
      listener(rights),
    ),
    'limited.conf': lines(
      'max_packet_size 100000',
      'max_inflight_messages 10',
      'retain_available false',
      anybody,
      listener(limited),
      listener(fewer),
      'max_qos 1',
    ),
  };
}

/** The fixtures of the suite that it can be configured for. */
export function mosquittoFixtures(ports: MosquittoPorts): readonly string[] {
  const at = (port: number): string => `mqtt://127.0.0.1:${port}`;
  return [
    `authentication=mqtt://alice:secret@127.0.0.1:${ports.users}`,
    `authorization=${at(ports.rights)}?publish=denied/topic&subscribe=denied/topic`,
    `maximum-packet-size=${at(ports.limited)}`,
    `receive-maximum=${at(ports.limited)}`,
    `no-retain=${at(ports.limited)}`,
    `maximum-qos=${at(ports.fewer)}`,
  ];
}

const deniedTopic = {
  defaultACLAccess: {
    publishClientSend: true,
    publishClientReceive: true,
    subscribe: true,
    unsubscribe: true,
  },
  anonymousGroup: 'anybody',
  groups: [{ groupname: 'anybody', roles: [{ rolename: 'most' }] }],
  roles: [
    {
      rolename: 'most',
      acls: ['publishClientSend', 'subscribeLiteral'].map((acltype) => ({
        acltype,
        topic: 'denied/topic',
        allow: false,
      })),
    },
  ],
  clients: [],
};

const dynamicSecurity = 'mosquitto_dynamic_security.so';
