"""Tells of every program that begins on this machine, as the kernel reports it, until standard input ends.

Each is a line of standard output: its command line and its environment, both in hex. Before them comes a line of its
own as soon as the kernel listens; it does so to root alone, and outside of containers. Source of the form: Linux,
include/uapi/linux/cn_proc.h.
"""

import os
import select
import socket
import struct
import sys

CONNECTOR, LISTEN, NONE, EXEC, LARGEST_BUFFER = 11, 1, 0, 2, 33
# A program may end before it is looked at; the sooner, the fewer.
os.nice(-20)
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, CONNECTOR)
kernel.setsockopt(socket.SOL_SOCKET, LARGEST_BUFFER, 1 << 23)
kernel.bind((0, 1))
order = struct.pack("=IIIIHHI", 1, 1, 0, 0, 4, 0, LISTEN)
kernel.send(struct.pack("=IHHII", 16 + len(order), 3, 0, 0, os.getpid()) + order)


def told(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read().hex()
    except OSError:
        return ""


while True:
    readable, _, _ = select.select([kernel, sys.stdin], [], [])
    if kernel in readable:
        event = kernel.recv(4096)
        kind, pid = *struct.unpack_from("=I", event, 36), *struct.unpack_from("=i", event, 52)
        if kind == NONE and pid == 0:
            print("listening", flush=True)
        elif kind == EXEC:
            print(told(pid, "cmdline"), told(pid, "environ"), flush=True)
    elif sys.stdin.read() == "":
        break
