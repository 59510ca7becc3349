"""Measures `eptc serve` under load, and beside clients that behave badly.

python Benchmarks/serve/load.py --eptc PATH --model MODEL --prompts FOLDER [--seconds 600]

1. one text alone, request after request on one connection: its time
2. 16 clients without a pause: texts a second
3. arrivals at random at half of that rate: the 50th and 99th percentile of the time from a text's arrival to its answer
4. for --seconds: 8 clients, each text's scores compared with those of step 1, while the server gets SIGHUP every second; a
   client that asks and never reads; one that sends a byte a second; connections that are cut; requests that are broken

It fails if a request of 4's good clients is not answered rightly, if a broken one is not refused, or if the server's
memory in the last quarter of 4 is more than 1.1 times that in the second.

FOLDER has bundles of tasks with one text. Python's standard library is all it needs. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

WORDS = "a the film meal story was very not good dull lovely slow tasty cold with and service fine".split()
# Scores of the same text differ by its neighbours in a batch.
ROUNDING = 1e-4


def texts(count):
    generator = random.Random(7)
    return [" ".join(generator.choices(WORDS, k=generator.randint(3, 24))) for _ in range(count)]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class Server:
    """`eptc serve` as a process."""

    def __init__(self, arguments, log):
        command = [arguments.eptc, "serve", "--model", arguments.model, "--prompts", arguments.prompts, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        address = self.process.stdout.readline().strip()
        if not address:
            sys.exit(f"load: the server did not start: {pathlib.Path(log.name).read_text()}")
        self.host, port = address.split("//")[-1].rsplit(":", 1)
        self.port = int(port)

    def memory(self):
        """Resident memory of its own, without the mapped files, in bytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise LookupError("RssAnon")

    def seconds(self):
        """Processor time so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One connection that is kept open."""

    def __init__(self, server, task):
        self.server, self.path = server, f"/classify/{task}"

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(self.server.host, self.server.port)
        return self

    def request(self, body):
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: eptc\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def send(self, data):
        """Sends `data`; the status and the body of what comes back."""
        self.writer.write(data)
        await self.writer.drain()
        return await self.receive()

    async def receive(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length:")
        )
        return int(head.split(" ")[1]), await self.reader.readexactly(length)

    async def ask(self, text):
        """The scores of a text by label."""
        status, body = await self.send(self.request(json.dumps({"inputs": text}).encode()))
        if status != 200:
            raise ConnectionError(f"status {status}: {body.decode()}")
        return {each["label"]: each["score"] for each in json.loads(body)}

    def close(self):
        self.writer.close()


async def alone(server, task, lines):
    """Milliseconds of each text, and its scores."""
    client = await Client(server, task).open()
    for text in lines[:20]:
        await client.ask(text)
    times, scores = [], {}
    for text in lines:
        start = time.perf_counter()
        scores[text] = await client.ask(text)
        times.append(1000 * (time.perf_counter() - start))
    client.close()
    return times, scores


async def saturate(server, task, lines, clients, seconds):
    """Texts a second and the server's processor time a text."""
    end = time.perf_counter() + seconds
    start, used = time.perf_counter(), server.seconds()

    async def one(seed):
        client, count, generator = await Client(server, task).open(), 0, random.Random(seed)
        while time.perf_counter() < end:
            await client.ask(generator.choice(lines))
            count += 1
        client.close()
        return count

    count = sum(await asyncio.gather(*(one(seed) for seed in range(clients))))
    return count / (time.perf_counter() - start), (server.seconds() - used) / count


async def arrivals(server, task, lines, rate, seconds):
    """Milliseconds from each text's arrival to its answer; arrivals are a Poisson process."""
    generator, idle, times, running = random.Random(3), [], [], set()

    async def one(text, due):
        client = idle.pop() if idle else await Client(server, task).open()
        await client.ask(text)
        times.append(1000 * (time.perf_counter() - due))
        idle.append(client)

    due = time.perf_counter()
    end = due + seconds
    while due < end:
        await asyncio.sleep(max(0, due - time.perf_counter()))
        request = asyncio.create_task(one(generator.choice(lines), due))
        running.add(request)
        request.add_done_callback(running.discard)
        due += generator.expovariate(rate)
    await asyncio.gather(*running)
    for client in idle:
        client.close()
    return times


class Siege:
    """Good clients beside bad ones."""

    def __init__(self, server, task, scores, seconds):
        self.server, self.task, self.scores = server, task, scores
        self.lines = list(scores)
        self.seconds, self.end = seconds, time.perf_counter() + seconds
        self.counts = {"answered": 0, "reloads": 0, "cut": 0, "broken": 0, "unread": 0, "slow": 0}
        self.faults, self.times, self.memory = [], [], []

    @property
    def lasts(self):
        return time.perf_counter() < self.end

    async def good(self, seed):
        generator, client = random.Random(seed), await Client(self.server, self.task).open()
        while self.lasts:
            text = generator.choice(self.lines)
            start = time.perf_counter()
            try:
                scores = await client.ask(text)
            except (OSError, EOFError, ValueError) as error:
                self.faults.append(f"{text}: {error!r}")
                client = await Client(self.server, self.task).open()
                continue
            self.times.append(1000 * (time.perf_counter() - start))
            self.counts["answered"] += 1
            expected = self.scores[text]
            if any(abs(scores.get(label, 2) - score) > ROUNDING for label, score in expected.items()):
                self.faults.append(f"{text}: {scores}, not {expected}")
            await asyncio.sleep(0.01 * generator.random())
        client.close()

    async def reload(self):
        while self.lasts:
            self.server.process.send_signal(signal.SIGHUP)
            self.counts["reloads"] += 1
            self.memory.append(self.server.memory())
            await asyncio.sleep(1)

    async def unread(self):
        """Asks as long as the server takes requests, and reads no answer."""
        loop, body = asyncio.get_running_loop(), json.dumps({"inputs": self.lines[:64]}).encode()
        data = Client(self.server, self.task).request(body)
        while self.lasts:
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.setblocking(False)
                await loop.sock_connect(connection, (self.server.host, self.server.port))
                self.counts["unread"] += 1
                try:
                    while self.lasts:
                        await asyncio.wait_for(loop.sock_sendall(connection, data), 5)
                except (OSError, asyncio.TimeoutError):
                    await asyncio.sleep(5)

    async def slow(self):
        """Sends a byte a second."""
        while self.lasts:
            client = await Client(self.server, self.task).open()
            self.counts["slow"] += 1
            try:
                for byte in client.request(json.dumps({"inputs": "a film"}).encode()):
                    client.writer.write(bytes([byte]))
                    await client.writer.drain()
                    await asyncio.sleep(1)
                    if not self.lasts:
                        break
            except OSError:
                pass
            client.close()

    async def cut(self):
        """Ends connections in the middle of a request, and before an answer, as a lost machine does."""
        generator = random.Random(11)
        while self.lasts:
            client = await Client(self.server, self.task).open()
            data = client.request(json.dumps({"inputs": self.lines[:16]}).encode())
            client.writer.write(data[: generator.randint(1, len(data))])
            await client.writer.drain()
            connection = client.writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.writer.transport.abort()
            self.counts["cut"] += 1
            await asyncio.sleep(0.1)

    async def broken(self):
        """Requests that must be refused."""
        requests = [
            (400, lambda client: client.request(b'{"inputs": ')),
            (400, lambda client: client.request(b'{"inputs": 7}')),
            (400, lambda client: b"POST / HTTP/1.1\r\nHost: eptc\r\nContent-Length: x\r\n\r\n"),
            (404, lambda client: client.request(b"{}").replace(self.task.encode(), b"no-such-task")),
            (413, lambda client: client.request(b" " * ((1 << 20) + 1))),
        ]
        while self.lasts:
            for expected, request in requests:
                client = await Client(self.server, self.task).open()
                try:
                    status, _ = await asyncio.wait_for(client.send(request(client)), 30)
                except OSError:
                    # A server may close before it has read all of a body that it refuses.
                    status = expected if expected == 413 else 0
                except (EOFError, asyncio.TimeoutError):
                    status = 0
                # A path that names no task is told from a body that names no texts in this order or the other.
                if status != expected and {status, expected} != {400, 404}:
                    self.faults.append(f"a broken request got {status}, not {expected}")
                self.counts["broken"] += 1
                client.close()
            await asyncio.sleep(0.5)

    async def run(self):
        bad = [self.reload(), self.unread(), self.slow(), self.cut(), self.broken()]
        await asyncio.gather(*(self.good(seed) for seed in range(8)), *bad)

    def figures(self):
        quarter = len(self.memory) // 4
        second, last = max(self.memory[quarter : 2 * quarter]), max(self.memory[-quarter:])
        if last > 1.1 * second:
            self.faults.append(f"memory grew from {second} to {last} bytes")
        return {
            "seconds": self.seconds, **self.counts, "p50_ms": percentile(self.times, 0.5),
            "p99_ms": percentile(self.times, 0.99), "memory_mb": [round(each / 1e6, 1) for each in (second, last)],
        }  # fmt: skip


async def measure(server, arguments):
    task = sorted(path.stem for path in pathlib.Path(arguments.prompts).glob("*.eptb"))[0]
    lines = texts(200)
    times, scores = await alone(server, task, lines)
    rate, cost = await saturate(server, task, lines, 16, arguments.warm)
    waits = await arrivals(server, task, lines, rate / 2, 2 * arguments.warm)
    again, _ = await alone(server, task, lines)
    # Before and after, since other programs of the machine change the times.
    single = percentile(times + again, 0.5)
    result = {
        "load_average": os.getloadavg()[0], "one_text_ms": single, "one_text_p99_ms": percentile(times + again, 0.99),
        "texts_per_second": rate, "processor_ms_per_text": 1000 * cost, "half_load_p50_ms": percentile(waits, 0.5),
        "half_load_p99_ms": percentile(waits, 0.99), "half_load_p99_ratio": percentile(waits, 0.99) / single,
    }  # fmt: skip
    siege = Siege(server, task, scores, arguments.seconds)
    await siege.run()
    result["siege"] = siege.figures()
    result["faults"] = len(siege.faults)
    return result, siege.faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eptc", default="eptc")
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompts", required=True)
    parser.add_argument("--seconds", type=int, default=600, help="of the last step")
    parser.add_argument("--warm", type=int, default=10, help="seconds of step 2, half of those of step 3")
    arguments = parser.parse_args()
    log = tempfile.NamedTemporaryFile("w", prefix="eptc-serve-")
    server = Server(arguments, log)
    try:
        result, faults = asyncio.run(measure(server, arguments))
        server.process.terminate()
        result["exit_status"] = server.process.wait(60)
    finally:
        server.process.kill()
    print(json.dumps({name: round(value, 3) if isinstance(value, float) else value for name, value in result.items()}))
    for fault in faults[:10]:
        print(f"load: {fault}", file=sys.stderr)
    sys.exit(1 if faults or result["exit_status"] else 0)


if __name__ == "__main__":
    main()
