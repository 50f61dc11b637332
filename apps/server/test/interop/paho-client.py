"""MQTT clients of paho-mqtt, told what to do by lines of JSON on standard input.

What happens is told by lines of JSON on standard output. mqtt-js-client.js speaks the same.
"""

import json
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

output = threading.Lock()
clients = {}


def tell(name, event, **fields):
    with output:
        print(json.dumps({"as": name, "event": event, **fields}), flush=True)


def code_of(reason):
    return getattr(reason, "value", reason)


class Client:
    def __init__(self, name, options):
        self.name = name
        self.ending = False
        self.is_v5 = options["version"] == 5
        persistent = options["persistent"]
        clean = {} if self.is_v5 else {"clean_session": not persistent}
        web = options["transport"] == "ws"
        self.client = mqtt.Client(
            options["clientId"],
            protocol={3: mqtt.MQTTv31, 4: mqtt.MQTTv311, 5: mqtt.MQTTv5}[options["version"]],
            transport="websockets" if web else "tcp",
            **clean,
        )
        if web:
            self.client.ws_set_options(path=options["path"])
        if "will" in options:
            self.client.will_set(*(options["will"][k] for k in ("topic", "payload", "qos", "retain")))
        self.client.on_connect = self.on_connect
        self.client.on_disconnect = self.on_disconnect
        self.client.on_message = self.on_message
        self.client.on_subscribe = lambda *_: tell(self.name, "subscribed")
        self.client.on_publish = lambda *_: tell(self.name, "published")
        self.client.connect(options["host"], options["port"], 60, **self.session(persistent))
        self.client.loop_start()

    def session(self, persistent):
        if not self.is_v5:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        if persistent:
            properties.SessionExpiryInterval = 3600
        return {"clean_start": not persistent, "properties": properties}

    def on_connect(self, client, userdata, flags, reason, properties=None):
        if code_of(reason) == 0:
            tell(self.name, "connected", sessionPresent=flags["session present"] == 1)
        else:
            tell(self.name, "failed", reason=str(reason))

    def on_disconnect(self, client, userdata, reason, properties=None):
        event = "closed" if self.ending else "lost"
        tell(self.name, event, reasonCode=code_of(reason))
        client.disconnect()  # or it would connect again by itself

    def on_message(self, client, userdata, message):
        tell(
            self.name,
            "message",
            topic=message.topic,
            payload=message.payload.decode(),
            qos=message.qos,
            retain=bool(message.retain),
        )

    def close(self):
        self.ending = True
        self.client.disconnect()


for line in sys.stdin:
    command = json.loads(line)
    action = command["do"]
    name = command["as"]
    if action == "open":
        clients[name] = Client(name, command)
    elif action == "subscribe":
        clients[name].client.subscribe(command["filter"], command["qos"])
    elif action == "publish":
        c = command
        clients[name].client.publish(c["topic"], c["payload"], c["qos"], c["retain"])
    elif action == "close":
        clients[name].close()
