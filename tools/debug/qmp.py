#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Gives commands to QEMU's monitor: qmp.py SOCKET JSON..., and fails where one does."""

import json
import socket
import sys


def main():
    """Each command in turn, after the one that ends the negotiation."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(sys.argv[1])
        monitor = connection.makefile('rw')
        monitor.readline()
        for command in ['{"execute": "qmp_capabilities"}', *sys.argv[2:]]:
            monitor.write(command + '\n')
            monitor.flush()
            for line in monitor:
                answer = json.loads(line)
                if 'error' in answer:
                    sys.exit(f'{command}: {answer["error"]["desc"]}')
                if 'return' in answer:
                    break


if __name__ == '__main__':
    main()
