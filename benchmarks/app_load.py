"""A crowd at `pellucid serve`: what it answers, how soon, and whether anyone is left waiting.

    python -m benchmarks.app_load --seconds 60 --clients 50

A real server, a process of clients, and in this process somebody who asks for its health twenty times a second. Clients
ask for explanations, answers and removals on demo-lm, read figures and files, cancel, and hurry: some ask for more than
the queue takes. Nothing but loopback is reached.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERVE = "import sys; sys.argv[0] = 'pellucid'; from pellucid.cli.main import main; main()"
PLACES = "Eiffel Tower,Colosseum,Big Ben,Kremlin,Brandenburg Gate,Acropolis".split(",")
METHODS = ("leave_one_out", "integrated_gradients", "saliency", "shapley_sampling", "attention_rollout")
FAIR = 50  # jobs of the one who asks for much


def main() -> None:
    args = _arguments()
    if args.crowd:
        _report_crowd(asyncio.run(crowd(args.crowd, args.clients, args.seconds)))
        return
    with tempfile.TemporaryFile("w+") as errors:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, "serve", "--port", "0", "--model", "demo-lm"],
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        try:
            address = server.stdout.readline().strip()
            _measure(address, server.pid, args)
        finally:
            begun = time.perf_counter()
            server.send_signal(2)
            code = server.wait(30)
            print(f"stopped in {time.perf_counter() - begun:.2f} s, exit code {code}")
        errors.seek(0)
        print(f"what the server said: {errors.read().strip()!r}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--crowd", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(address: str, pid: int, args: argparse.Namespace) -> None:
    print(f"cores {os.cpu_count()}, load of the machine before: {os.getloadavg()[0]:.1f}")
    _finish(address, "warm", [_explain("leave_one_out"), *(_explain(by) for by in METHODS)])
    ends = time.perf_counter() + 3
    idle = health(address, lambda: time.perf_counter() < ends)
    before = memory(pid)
    crowd_of = [sys.executable, "-m", "benchmarks.app_load", "--crowd", address]
    crowd_of += ["--clients", str(args.clients), "--seconds", str(args.seconds)]
    clients = subprocess.Popen(crowd_of)
    busy = health(address, lambda: clients.poll() is None)
    _say_times("health, nobody else", idle)
    _say_times("health, while it works", busy)
    print(f"memory: {before:.0f} MB before, {memory(pid):.0f} MB after")
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")
    _say_fair(address)


def memory(pid: int) -> float:
    """Resident memory of a process in MB, where Linux says it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return float("nan")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def health(address: str, going: Callable[[], bool]) -> list[float]:
    """Seconds of each answer to GET /health, asked for every 50 ms."""
    connection = http.client.HTTPConnection(_place(address), timeout=60)
    times = []
    while going():
        begun = time.perf_counter()
        connection.request("GET", "/api/v1/health")
        found = connection.getresponse()
        found.read()
        assert found.status == 200
        times.append(time.perf_counter() - begun)
        time.sleep(0.05)
    return times


class Here:
    """One client of the server, and what it has met."""

    def __init__(self, http_client: Any, name: str, met: dict[str, Any]) -> None:
        self._http, self._name, self._met = http_client, name, met
        self._rng = random.Random(name)

    async def ask(self, what: str, method: str, path: str, body: Any = None) -> Any:
        begun = time.perf_counter()
        headers = {"pellucid-client": self._name}
        found = await self._http.request(method, f"/api/v1{path}", json=body, headers=headers)
        self._met["times"][what].append(time.perf_counter() - begun)
        self._met["statuses"][found.status_code] += 1
        if found.status_code == 429:
            await asyncio.sleep(min(2.0, float(found.headers["retry-after"])) * self._rng.random())
        return found

    async def job(self, what: str, verb: str, body: dict[str, Any]) -> str | None:
        """The id of a job that is over, as far as it was taken; how long it took from the first word to the last."""
        begun = time.perf_counter()
        found = await self.ask(f"POST {verb}", "POST", f"/{verb}", body)
        if found.status_code != 202:
            return None
        job = found.json()["id"]
        headers = {"pellucid-client": self._name}
        async with self._http.stream("GET", f"/api/v1/jobs/{job}/events", headers=headers) as stream:
            self._met["statuses"][stream.status_code] += 1
            last = [line async for line in stream.aiter_lines() if line.startswith("data: ")][-1]
        state = json.loads(last.removeprefix("data: "))
        self._met["jobs"][state["state"]] += 1
        if state["error"]:
            self._met["errors"][state["error"]["message"]] += 1
        self._met["times"][f"{what}, asked to done"].append(time.perf_counter() - begun)
        return job if state["state"] == "done" else None

    async def turn(self) -> None:
        """What a reader does: explain, look, try to break it, look elsewhere; at times in a hurry."""
        chance = self._rng.random()
        if chance < 0.1:  # more than may wait
            asked = [self.ask("POST explain", "POST", "/explain", self._explain()) for _ in range(4)]
            for found in await asyncio.gather(*asked):
                if found.status_code == 202:
                    await self.ask("DELETE", "DELETE", f"/jobs/{found.json()['id']}")
        elif chance < 0.25:
            body = {"model": "demo-lm", "text": self._text(), "max_tokens": 8}
            await self.job("generate", "generate", body)
        else:
            why = await self.job("explain", "explain", self._explain())
            if why:
                await self.ask("GET figure", "GET", f"/jobs/{why}/figure")
                await self.job("ablate", "ablate", {"explanation": why, "removed": [1, 2], "draws": 10})
                if chance > 0.9:
                    await self.ask("GET file", "GET", f"/jobs/{why}/file/html")

    def _text(self) -> str:
        return f"The {self._rng.choice(PLACES)} is located in the city of"

    def _explain(self) -> dict[str, Any]:
        return _explain(self._rng.choice(METHODS), self._text())


def _explain(by: str, text: str = "The Eiffel Tower is located in the city of") -> dict[str, Any]:
    options = {"samples": 100} if by == "shapley_sampling" else {}
    return {"model": "demo-lm", "text": text, "by": by, "options": options, "evaluate": by == "leave_one_out"}


async def crowd(address: str, clients: int, seconds: float) -> dict[str, Any]:
    """What so many clients met in so many seconds."""
    import httpx

    met: dict[str, Any] = {
        "times": defaultdict(list), "statuses": Counter(), "jobs": Counter(), "errors": Counter(), "turns": Counter(),
    }  # fmt: skip
    ends = time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=4 * clients)
    headers = {"authorization": f"Bearer {address.partition('#token=')[2]}"}
    async with httpx.AsyncClient(
        base_url=f"http://{_place(address)}", headers=headers, timeout=120, limits=limits
    ) as http_client:

        async def one(name: str) -> None:
            here = Here(http_client, name, met)
            while time.perf_counter() < ends:
                await here.turn()
                met["turns"][name] += 1

        await asyncio.gather(*(one(f"client {n}") for n in range(clients)))
    met["seconds"] = seconds
    return met


def _report_crowd(met: dict[str, Any]) -> None:
    total = sum(met["statuses"].values())
    print(
        f"requests: {total} ({total / met['seconds']:.0f} a second); by status: {dict(sorted(met['statuses'].items()))}"
    )
    worst = [status for status in met["statuses"] if status >= 500]
    print(f"5xx: {worst or 'none'}; jobs: {dict(met['jobs'])}; errors: {dict(met['errors']) or 'none'}")
    turns = sorted(met["turns"].values())
    print(f"turns of a client: {turns[0]} to {turns[-1]}")
    for what, times in sorted(met["times"].items()):
        _say_times(what, times)
    sys.stdout.flush()


def _say_times(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    at = {
        share: 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        for share in (0.5, 0.95, 0.99, 1.0)
    }
    shown = ", ".join(
        f"{'max' if share == 1 else f'p{100 * share:.0f}'} {ms:.0f} ms" for share, ms in at.items()
    )
    print(f"{what}: {len(ordered)} times, {shown}")


def _say_fair(address: str) -> None:
    """One who asks for one thing, beside one who has asked for as much as may wait."""
    many = [found for _ in range(FAIR) if (found := _post(address, "many", _explain("leave_one_out")))]
    one = _post(address, "one", _explain("leave_one_out"))
    waiting = sum(job["state"] == "queued" for job in many)
    last = _job(address, many[-1]["id"])["position"]
    print(
        f"fairness: beside {waiting} jobs of another client, of which the last has {last} before it, one more client's "
        f"job has {one['position']} before it"
    )
    for job in [*many, one]:
        _follow(address, job)


def _finish(address: str, client: str, bodies: list[dict[str, Any]]) -> None:
    for body in bodies:
        _follow(address, _post(address, client, body))


def _post(address: str, client: str, body: dict[str, Any]) -> dict[str, Any]:
    """The job, or nothing if the queue is full."""
    status, content = _request(address, "POST", "/explain", body, client)
    return json.loads(content) if status == 202 else {}


def _follow(address: str, job: dict[str, Any]) -> None:
    _request(address, "GET", f"/jobs/{job['id']}/events")


def _job(address: str, job: str) -> dict[str, Any]:
    return json.loads(_request(address, "GET", f"/jobs/{job}")[1])


def _request(address: str, method: str, path: str, body: Any = None, client: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(_place(address), timeout=120)
    headers = {
        "authorization": f"Bearer {address.partition('#token=')[2]}",
        "content-type": "application/json",
        **({"pellucid-client": client} if client else {}),
    }
    connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
    found = connection.getresponse()
    content = found.read()
    connection.close()
    return found.status, content


def _place(address: str) -> str:
    return address.removeprefix("http://").partition("/")[0]


if __name__ == "__main__":
    main()
