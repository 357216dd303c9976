"""A line of its own between this machine and the network of another process: slow, lossy or cut, as it is told.

Linux's own netem is not built into every kernel; a pair of tunnels and this program between them do the same for TCP.

Arguments: process of the other network, address here, address there. Standard input, a line each: "delay MILLISECONDS"
for each direction, "loss PERCENT", "cut", "mend". Says "ready", and then answers each line with the number of packets
that have passed so far. Ends with its standard input.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


def tunnel(name):
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return end


def enter(namespace):
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def main():
    process, here, there = sys.argv[1:]
    name = "aipi" + here.replace(".", "")[-8:]
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    near = tunnel(name)
    ip("address", "add", here, "peer", there, "dev", name)
    ip("link", "set", name, "up")
    enter(os.open("/proc/%s/ns/net" % process, os.O_RDONLY))
    far = tunnel("line")
    ip("link", "set", "lo", "up")
    ip("address", "add", there, "peer", here, "dev", "line")
    ip("link", "set", "line", "up")
    ip("route", "add", "default", "via", here)
    enter(own)
    print("ready", flush=True)
    delay, loss, whole, passed, waiting, number = 0.0, 0.0, True, 0, [], 0
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, end, packet = heapq.heappop(waiting)
            try:
                os.write(end, packet)
                passed += 1
            except OSError:
                pass
        patience = max(0.0, waiting[0][0] - now) if waiting else None
        ready, _, _ = select.select([near, far, sys.stdin], [], [], patience)
        for end in (near, far):
            while end in ready:
                try:
                    packet = os.read(end, 65536)
                except BlockingIOError:
                    break
                if whole and random.random() >= loss:
                    number += 1
                    other = far if end == near else near
                    heapq.heappush(waiting, (time.monotonic() + delay, number, other, packet))
        if sys.stdin in ready:
            words = sys.stdin.readline().split()
            if not words:
                return
            if words[0] == "delay":
                delay = float(words[1]) / 1000
            elif words[0] == "loss":
                loss = float(words[1]) / 100
            else:
                whole = words[0] == "mend"
                waiting = []
            print(passed, flush=True)


main()
