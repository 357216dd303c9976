#!/usr/bin/env python3
"""Plays a Raspberry Pi with nothing but its bundle: `python3 device.py FOLDER`.

Runs on Python 3.11 or newer with paho-mqtt 2.1, or with 1.6 as Debian bookworm has it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt import reasoncodes
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

# For how long the broker keeps what is sent to a device that is away.
SESSION_SECONDS = 86_400
KEEPALIVE_SECONDS = 60
# Messages that wait for an acknowledgement, or for a connection.
LONGEST_OUTBOX = 1_000
ANSWER_SECONDS = 10
GOODBYE_SECONDS = 5
# Between two looks at the clock; a signal waits as long.
STEP_SECONDS = 0.1

# Reason codes of MQTT 5 and, below 128, return codes of MQTT 3.1.1: bad user or password, not authorized.
REFUSALS = (134, 135, 4, 5)
SESSION_TAKEN_OVER = 142
# What a broker says of the certificate of a device, by the end of the name of its alert. Source: RFC 8446, section 6.2.
ALERTS = {
    "CERTIFICATE_REQUIRED": "it requires one, and the bundle has none",
    "BAD_CERTIFICATE": "it is not valid",
    "CERTIFICATE_REVOKED": "it is revoked",
    "CERTIFICATE_EXPIRED": "it has expired",
    "CERTIFICATE_UNKNOWN": "it is not valid",
    "UNKNOWN_CA": "it is of another certificate authority",
}
# Source: X509_STORE_CTX_get_error(3), X509_V_ERR_CERT_NOT_YET_VALID.
CERTIFICATE_NOT_YET_VALID = 9

FACTS = ("host", "port", "tls", "username", "client_id", "password_file", "ca_file", "topic_prefix", "topics")


class Bundle(NamedTuple):
    facts: dict[str, Any]
    password: str
    next_password: str | None
    ca: str | None
    certificate: str | None
    # Files of certificate and key: Python takes them from nowhere else.
    pair: tuple[Path, Path] | None


class Ending(NamedTuple):
    """Why a connection ended, or was not made; in words without a secret."""

    kind: str
    words: str
    # What is refused: password or certificate.
    refused: str | None = None


class Device:
    def __init__(
        self,
        folder: str,
        interval: float = 5,
        retry: float = 1,
        longest_retry: float = 120,
        refused_retry: float = 60,
        reread: float = 60,
        log: Callable[[str], None] = lambda line: print(line, flush=True),
    ) -> None:
        self.folder = Path(folder)
        self.interval = interval
        self.retry = retry
        self.longest_retry = longest_retry
        self.refused_retry = refused_retry
        self.reread = reread
        self.log = log
        self.facts: dict[str, Any] | None = None
        # What the connection says of its bundle.
        self.report: list[tuple[str, str]] = []
        self.client: mqtt.Client | None = None
        self.connected = False
        # When the connection that stands began to; None without one.
        self.since: float | None = None
        # When the last one ended.
        self.away_since: float | None = None
        self.stopping = False
        self.ending: Ending | None = None
        self.stood_seconds = 0.0
        self.wait = 0.0
        self.seq = 0
        self.acknowledged = 0
        # Devices that start together do not send together.
        self.next_sample = time.monotonic() + random.uniform(0, min(1, interval))
        self.outbox: list[dict[str, Any]] = []
        # Packet number of each message that the broker has not acknowledged yet.
        self.flying: dict[int, dict[str, Any]] = {}

    def process(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers a LangChain request; `id` is added to what it gives."""
        return {"output": request.get("input")}

    def sample(self) -> dict[str, Any]:
        """What a data message holds besides `seq` and `time`."""
        return {"uptime": round(time.monotonic())}

    def stop(self) -> None:
        self.stopping = True

    def run(self) -> None:
        """Stays connected until `stop`."""
        while not self.stopping:
            ending = self._connect_once()
            if self.stopping:
                break
            seconds = self._wait_after(ending)
            self.log(f"{ending.words}; next try {f'in {seconds:.1f} s' if seconds > 0 else 'at once'}")
            self._sleep(seconds)
        self.log(f"stopped; {self.acknowledged} messages were acknowledged, {len(self.outbox)} were not")

    def publish(self, topic: str, body: dict[str, Any]) -> None:
        """Queues a message of QoS 1 for a topic that the bundle allows."""
        if not self._allows(topic):
            self.log(f"{topic} is not among the topics of the bundle; nothing is sent there")
            return
        message = {"topic": topic, "body": body}
        self.outbox.append(message)
        del self.outbox[:-LONGEST_OUTBOX]
        if self.connected and not self.stopping:
            self._send(message)

    def _wait_after(self, ending: Ending) -> float:
        """Waits differ from device to device, so that a fleet does not come back all at once."""
        if ending.kind == "new bundle":
            return 0
        if ending.kind in ("refused", "taken over"):
            return random.uniform(self.refused_retry, 2 * self.refused_retry)
        # Mosquitto gives no reason when it ends a connection because the password has changed.
        if self.stood_seconds > self.retry and self._next_file().exists():
            return 0
        most = 3 * max(self.retry, self.wait)
        self.wait = min(self.longest_retry, random.uniform(self.retry, most))
        return self.wait

    def _connect_once(self) -> Ending:
        """Holds one connection from beginning to end, with the password that the broker accepts."""
        self.stood_seconds = 0
        try:
            # Read each time: a new bundle is taken up without a restart.
            bundle = read_bundle(self.folder)
            self.facts = bundle.facts
            ending = self._hold(bundle, bundle.password, lambda: None)
            if ending.refused != "password" or bundle.next_password in (None, "", bundle.password):
                return ending
            self.log("the password is refused; trying the next one")
            return self._hold(bundle, bundle.next_password, self._promote)
        except Exception as error:  # Whatever is wrong may be mended without a restart.
            return ending_of(error)

    def _promote(self) -> None:
        next_file = self._next_file()
        try:
            # The boot partition is FAT, which has no modes.
            with contextlib.suppress(PermissionError):
                next_file.chmod(0o600)
            os.replace(next_file, next_file.with_name(self.facts["password_file"]))
            self.log("the next password is accepted; it takes the place of the old one")
        except OSError as error:
            self.log(f"the next password is accepted, but cannot take the place of the old one: {error}")

    def _next_file(self) -> Path:
        return self.folder / f"{self.facts['password_file'] if self.facts else 'password'}.next"

    def _hold(self, bundle: Bundle, password: str, accepted: Callable[[], None]) -> Ending:
        facts = bundle.facts
        self.report = report_of(bundle)
        client = new_client(facts["client_id"])
        client.username_pw_set(facts["username"], password)
        if facts["tls"]:
            client.tls_set_context(trust(bundle))
        if self._allows(self._status()):
            will = self._properties(PacketTypes.WILLMESSAGE)
            client.will_set(self._status(), "offline", qos=1, retain=True, properties=will)
        client.on_connect = lambda _client, _data, _flags, reason, *_: self._connected(reason, accepted)
        client.on_log = lambda _client, _data, _level, line: self._logged(line)
        client.on_subscribe = lambda _client, _data, _mid, reasons, *_: self._subscribed(reasons)
        client.on_publish = lambda _client, _data, mid, *rest: self._acknowledged(mid, *rest)
        client.on_message = lambda _client, _data, message: self._receive(message.topic, message.payload)
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = SESSION_SECONDS
        self.client, self.ending, self.since = client, None, None
        try:
            client.connect(facts["host"], facts["port"], KEEPALIVE_SECONDS, clean_start=False, properties=session)
            self._speak(client, bundle, password)
        finally:
            self.connected = False
            self.flying.clear()
            # Without a good-bye, so that the broker says `offline` if nothing else did.
            if client.socket() is not None:
                client.socket().close()
        return self.ending or Ending("lost", "the connection is lost")

    def _speak(self, client: mqtt.Client, bundle: Bundle, password: str) -> None:
        started = time.monotonic()
        next_look, said = started + self.reread, None
        while client.loop(STEP_SECONDS) == mqtt.MQTT_ERR_SUCCESS:
            if self.connected and self.stopping:
                self._say_goodbye(client)
                break
            if self.stopping or (self.since is None and time.monotonic() - started > ANSWER_SECONDS):
                break
            if self.reread > 0 and self.since is not None and time.monotonic() >= next_look:
                next_look = time.monotonic() + self.reread
                is_new, obstacle = self._look(bundle, password)
                if is_new and obstacle is None:
                    self._leave(client)
                    break
                if obstacle not in (None, said):
                    self.log(f"the changed bundle is not used ({obstacle}); the connection stays")
                said = obstacle
            self._sample_if_due()
        if self.since is not None:
            self.away_since = time.monotonic()
            self.stood_seconds = self.away_since - self.since

    def _look(self, in_use: Bundle, password: str) -> tuple[bool, str | None]:
        """Whether there is another bundle, and why it cannot take the place of the one in use, or not yet."""
        try:
            bundle = read_bundle(self.folder)
            # A password alone is no reason: the broker ends the connection when another one counts.
            if (bundle.facts, bundle.ca, bundle.certificate) == (in_use.facts, in_use.ca, in_use.certificate):
                return False, None
            return True, obstacle_to(bundle, password)
        except Exception as error:  # What is half there will be complete at another look.
            return True, str(error)

    def _leave(self, client: mqtt.Client) -> None:
        """Leaves the broker when it has acknowledged what is under way. The session stays."""
        until = time.monotonic() + GOODBYE_SECONDS
        while self.flying and time.monotonic() < until:
            if client.loop(STEP_SECONDS) != mqtt.MQTT_ERR_SUCCESS:
                return
        # The broker says the last will: what comes after this may not succeed.
        self._close(client, reason_code("Disconnect with will message"))
        self.ending = Ending("new bundle", "the bundle has changed")

    def _say_goodbye(self, client: mqtt.Client) -> None:
        until = time.monotonic() + GOODBYE_SECONDS
        if self._allows(self._status()):
            goodbye = self._say(client, "offline")
            while not goodbye.is_published() and time.monotonic() < until:
                if client.loop(STEP_SECONDS) != mqtt.MQTT_ERR_SUCCESS:
                    return
        self._close(client)

    def _close(self, client: mqtt.Client, reason: Any = None) -> None:
        # paho closes at once. Where something is not read yet, that resets the connection, and the broker may never see
        # the good-bye; so the connection is kept until the broker has ended it.
        with socket.socket(fileno=os.dup(client.socket().fileno())) as kept, contextlib.suppress(OSError):
            client.disconnect(reason)
            kept.shutdown(socket.SHUT_WR)
            kept.settimeout(GOODBYE_SECONDS)
            while kept.recv(4096):
                pass

    def _connected(self, reason: Any, accepted: Callable[[], None]) -> None:
        if value_of(reason) != 0:
            self.ending = ending_of_reason(value_of(reason))
            return
        self.connected = True
        accepted()
        if self._allows(self._status()):
            self._say(self.client, "online")
        topics = self.facts["topics"]["subscribe"]
        if topics:
            self.client.subscribe([(topic, 1) for topic in topics])
        else:
            self._subscribed([])
        for message in self.outbox:
            self._send(message)

    def _logged(self, line: str) -> None:
        # paho overlooks a reason that stands alone in its packet, which is how Mosquitto sends it. Only while paho logs
        # the packet is it at hand.
        packet = getattr(self.client, "_in_packet", {}).get("packet")
        if line.startswith("Received DISCONNECT") and packet and self.ending is None:
            self.ending = ending_of_reason(packet[0])
        # What TLS says after the handshake, as it does of the certificate of a device, paho 2 only logs.
        error = sys.exc_info()[1]
        if isinstance(error, ssl.SSLError) and self.ending is None:
            self.ending = ending_of(error)

    def _subscribed(self, reasons: Any) -> None:
        refused = [str(reason) for reason in reasons if value_of(reason) >= 128]
        if refused:
            self.log(f"a subscription is refused: {', '.join(refused)}")
        self.wait = 0
        self.since = time.monotonic()
        away = self.away_since and f", after {self.since - self.away_since:.3f} s without a connection"
        self.log(f"connected to {self.facts['host']}:{self.facts['port']} as {self.facts['client_id']}{away or ''}")

    def _acknowledged(self, mid: int, reason: Any = 0, *_: Any) -> None:
        message = self.flying.pop(mid, None)
        if message is None:
            return
        # The oldest ones may have been given up meanwhile.
        with contextlib.suppress(ValueError):
            self.outbox.remove(message)
        if value_of(reason) < 128:
            self.acknowledged += 1
        else:
            self.log(f"the broker refuses {message['topic']}: {reason}")

    def _send(self, message: dict[str, Any]) -> None:
        info = self.client.publish(message["topic"], json.dumps(message["body"]), qos=1)
        self.flying[info.mid] = message

    def _sample_if_due(self) -> None:
        if self.interval <= 0 or time.monotonic() < self.next_sample:
            return
        self.next_sample = time.monotonic() + self.interval
        if self.facts and self._allows(self._data()):
            self.seq += 1
            now = datetime.now(timezone.utc).isoformat()
            self.publish(self._data(), {"seq": self.seq, "time": now, **self.sample()})

    def _receive(self, topic: str, payload: bytes) -> None:
        try:
            request = json.loads(payload)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self.log(f"a message on {topic} is not a JSON object; it is ignored")
        elif topic == "device/control":
            self._obey(request)
        elif topic.startswith("langchain/process/"):
            self._process(topic, request)

    def _obey(self, request: dict[str, Any]) -> None:
        command = request.get("command")
        said = {"pong": True} if command == "ping" else {"error": f"unknown command {json.dumps(command)}"}
        self.publish(self._data(), {"id": request.get("id"), **said})

    def _process(self, topic: str, request: dict[str, Any]) -> None:
        try:
            result = self.process(request)
        except Exception as error:  # A request that cannot be answered must not end the device.
            result = {"error": str(error)}
        self.publish(topic.replace("/process/", "/response/"), {**result, "id": request.get("id")})

    def _say(self, client: mqtt.Client, payload: str) -> mqtt.MQTTMessageInfo:
        properties = self._properties(PacketTypes.PUBLISH)
        return client.publish(self._status(), payload, qos=1, retain=True, properties=properties)

    def _properties(self, kind: int) -> Properties:
        properties = Properties(kind)
        if self.report:
            properties.UserProperty = self.report
        return properties

    def _status(self) -> str:
        return f"{self.facts['topic_prefix']}/status"

    def _data(self) -> str:
        return f"{self.facts['topic_prefix']}/data"

    def _allows(self, topic: str) -> bool:
        return any(mqtt.topic_matches_sub(each, topic) for each in self.facts["topics"]["publish"])

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            self._sample_if_due()
            time.sleep(max(0, min(STEP_SECONDS, until - time.monotonic())))


def read_bundle(folder: Path) -> Bundle:
    def password(name: str) -> str:
        # Written by hand, a password often ends with a line break.
        return (folder / name).read_text().rstrip("\r\n")

    facts = json.loads((folder / "device.json").read_text())
    missing = [name for name in FACTS if name not in facts]
    if missing:
        raise ValueError(f"device.json lacks {', '.join(missing)}")
    following = f"{facts['password_file']}.next"
    # Older bundles name neither.
    names = facts.get("certificate_file"), facts.get("private_key_file")
    pair = (folder / names[0], folder / names[1]) if all(names) else None
    return Bundle(
        facts,
        password(facts["password_file"]),
        password(following) if (folder / following).exists() else None,
        (folder / facts["ca_file"]).read_text() if facts["ca_file"] else None,
        pair[0].read_text() if pair else None,
        pair,
    )


def obstacle_to(bundle: Bundle, password_in_use: str) -> str | None:
    """Why a bundle cannot take the place of the one in use, or not yet; None where it can."""
    if not bundle.password:
        return "its password is empty"
    if bundle.facts["tls"]:
        trust(bundle)
    if bundle.certificate is None:
        is_other = bundle.password != password_in_use
        return "its password is another one, and the broker may not know that yet" if is_other else None
    expires = bundle.facts.get("certificate_expires")
    has_expired = expires is not None and datetime.fromisoformat(expires) < datetime.now(timezone.utc)
    return "its certificate has expired" if has_expired else None


def report_of(bundle: Bundle) -> list[tuple[str, str]]:
    """What a device says of its bundle, so that everybody can see which one it uses."""
    said = {name: bundle.facts.get(name) for name in ("generation", "certificate_expires")}
    said["certificate_issuer"] = (bundle.facts.get("certificate_issuer") or "")[:16] or None
    if bundle.facts["tls"]:
        # Of the text that is trusted, whatever device.json says about it.
        said["ca"] = ",".join(hashlib.sha256(each).hexdigest()[:16] for each in certificates_in(bundle.ca))
    return [(name, str(value)) for name, value in said.items() if value is not None]


def certificates_in(pem: str | None) -> list[bytes]:
    """The certificates of a PEM text that is complete."""
    blocks = re.findall("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", pem or "")
    if not pem or not blocks:
        raise ValueError("the file with the certificates to trust holds none")
    if len(blocks) < pem.count("-----BEGIN"):
        raise ValueError("the file with the certificates to trust is cut off")
    return [ssl.PEM_cert_to_DER_cert(block) for block in blocks]


def trust(bundle: Bundle) -> ssl.SSLContext:
    """Trusts the CAs of the bundle and nobody else; as strict on Python 3.11 as 3.13 is by itself."""
    # An empty text would make Python trust its own.
    certificates_in(bundle.ca)
    context = ssl.create_default_context(cadata=bundle.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if bundle.pair is not None:
        # Whoever has locked the key is not asked for its password.
        context.load_cert_chain(*bundle.pair, password=lambda: "")
    return context


def new_client(client_id: str) -> mqtt.Client:
    versions = getattr(mqtt, "CallbackAPIVersion", None)
    if versions is None:
        return mqtt.Client(client_id=client_id, protocol=mqtt.MQTTv5)
    return mqtt.Client(versions.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)


def value_of(reason: Any) -> int:
    """paho gives a number or an object, depending on version and callback."""
    return getattr(reason, "value", reason)


def reason_code(name: str) -> Any:
    """paho calls the class by two names, depending on its version."""
    kind = getattr(reasoncodes, "ReasonCode", None) or reasoncodes.ReasonCodes
    return kind(PacketTypes.DISCONNECT, name)


def ending_of_reason(reason: int) -> Ending:
    if reason in REFUSALS:
        words = f"the broker refuses the password (reason {reason}); is the bundle current?"
        return Ending("refused", words, "password")
    if reason == SESSION_TAKEN_OVER:
        return Ending("taken over", "two devices use the same bundle")
    return Ending("lost", f"no connection: the broker has ended it, reason {reason}")


def ending_of(error: Exception) -> Ending:
    if getattr(error, "verify_code", None) == CERTIFICATE_NOT_YET_VALID:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return Ending("clock behind", f"the certificate is not yet valid: the clock is behind ({now})")
    refusal = ALERTS.get((getattr(error, "reason", None) or "").partition("_ALERT_")[2])
    if refusal is not None:
        words = f"the broker refuses the certificate of this device ({refusal}); is the bundle current?"
        return Ending("refused", words, "certificate")
    if isinstance(error, OSError):
        return Ending("lost", f"no connection: {error}")
    return Ending("lost", f"the bundle cannot be used: {error!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Plays a Raspberry Pi with nothing but its bundle.")
    parser.add_argument("folder", help="folder of the bundle, such as /boot/firmware/aipi or /etc/aipi")
    parser.add_argument("--interval", type=float, default=5, help="seconds between two data messages; 0 for none")
    parser.add_argument("--retry", type=float, default=1, help="shortest wait before a new connection")
    parser.add_argument("--longest-retry", type=float, default=120, help="longest wait before a new connection")
    parser.add_argument("--refused-retry", type=float, default=60, help="wait where password or certificate is refused")
    parser.add_argument("--reread", type=float, default=60, help="seconds between looks for another bundle; 0 for none")
    device = Device(**vars(parser.parse_args()))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: device.stop())
    device.run()


if __name__ == "__main__":
    main()
