"""Upstream servers without their start: a process that has imported the SDK once forks for each of them.

What Deskhand starts is this file, which hands its streams over and ends with the server. To import the SDK
took a second each time.
"""

import json
import os
import socket
import sys


def hand_over(address: str, *command: str) -> int:
    """Let a server run on this process's streams, folder and environment; return its exit code."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        order = json.dumps([command, os.getcwd(), dict(os.environ)]).encode() + b"\n"  # noqa: PTH109, pathlib would be imported for it
        connection.sendall(order[socket.send_fds(connection, [order], [0, 1, 2]) :])
        return int(connection.recv(16) or 1)


def serve(address: str) -> None:
    """Fork for each server, until the standard input ends."""
    import select
    import signal

    from server.integrations.tools.fake.crm import create_server

    create_server()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(32)
        print("ready", flush=True)
        while listener in select.select([listener, 0], [], [])[0]:
            connection = listener.accept()[0]
            if os.fork() == 0:
                listener.close()
                run(connection)
            connection.close()


def run(connection: socket.socket) -> None:
    """Become the server that was ordered."""
    import runpy
    import signal
    import threading

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, streams, *_ = socket.recv_fds(connection, 65_536, 3)
    while not order.endswith(b"\n"):
        order += connection.recv(65_536)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv[:], folder, environment = json.loads(order)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=lambda: os._exit(len(connection.recv(1)) + 1), daemon=True).start()  # Deskhand has ended that process
    code = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    finally:
        sys.stdout.flush()
        connection.send(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[2:]:
        sys.exit(hand_over(*sys.argv[1:]))
    serve(sys.argv[1])
