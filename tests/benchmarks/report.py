"""The report of one run: a row for each piece of work, with its bar, as JSON and as the table of docs/benchmarks.md."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JSON = ROOT / "build/bench/report.json"
PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- table: written by make bench -->", "<!-- end of table -->"


@dataclass(frozen=True)
class Row:
    """One measurement: ours and a peer's in `unit`, the bar in words, and whether it is met (None: no bar)."""

    group: str
    work: str
    network: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    bar: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours as a part of the peer's."""
        return None if not self.theirs else self.ours / self.theirs


@dataclass
class Report:
    """What a run has measured so far, what it left out and why, and what was assumed."""

    rows: list[Row] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    assumed: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.time)

    def add(self, row: Row) -> None:
        """Keep a row and print it."""
        self.rows.append(row)
        print("  " + line_of(row), flush=True)  # noqa: T201

    def skip(self, reason: str) -> None:
        """Note what is not measured in this run."""
        if reason not in self.skipped:
            self.skipped.append(reason)

    def write(self) -> None:
        """Write build/bench/report.json and the table in docs/benchmarks.md."""
        JSON.parent.mkdir(parents=True, exist_ok=True)
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
        told = {
            "date": time.strftime("%Y-%m-%d", time.gmtime(self.started)),
            "machine": machine,
            "seconds": round(time.time() - self.started),
            "assumed": self.assumed,
            "skipped": self.skipped,
            "rows": [{**asdict(row), "ratio": row.ratio} for row in self.rows],
        }
        JSON.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        before, _, rest = PAGE.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(before + BEGIN + "\n" + table(self, machine) + END + after)


HEAD = "| work | network | ours | peer | ratio | bar | met |\n|---|---|---|---|---|---|---|\n"


def table(report: Report, machine: str) -> str:
    """The whole report in Markdown."""
    date = time.strftime("%Y-%m-%d", time.gmtime(report.started))
    parts = [f"One run on {date}, {machine}, {time.time() - report.started:.0f} s.\n"]
    groups: dict[str, list[str]] = {}
    for row in report.rows:
        groups.setdefault(row.group, []).append(line_of(row) + "\n")
    parts += [f"\n### {group}\n\n{HEAD}{''.join(lines)}" for group, lines in groups.items()]
    if report.assumed:
        assumed = "".join(f"- {name}: {text}\n" for name, text in report.assumed.items())
        parts.append(f"\n### What was assumed\n\n{assumed}")
    if report.skipped:
        parts.append("\n### Not in this run\n\n" + "".join(f"- {reason}\n" for reason in report.skipped))
    return "".join(parts)


def line_of(row: Row) -> str:
    """A row of the table."""
    peer = f"{row.peer} {number(row.theirs, row.unit)}" if row.theirs is not None else row.peer
    met = {None: "", True: "yes", False: "**no**"}[row.met]
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    work = f"{row.work} ({row.note})" if row.note else row.work
    return f"| {work} | {row.network} | {number(row.ours, row.unit)} | {peer} | {ratio} | {row.bar} | {met} |"


def number(value: float, unit: str) -> str:
    """A value with its unit, as exactly as it is worth."""
    text = f"{value:.3f}" if unit == "" else f"{value:.3g}" if value < 100 else f"{value:,.0f}"
    return f"{text} {unit}".strip()


ASKED = 3  # times in a row, as a server is asked: no tool starts each time with the caches that another left
SLOW = 1000.0  # ms


def alternately(
    tools: Mapping[str, Callable[[object], object]], tasks: list[object], *, warm: int = 2
) -> tuple[dict[str, float], dict[str, list[object]]]:
    """Median milliseconds of each tool over the tasks, each task by all tools in turn; and what they answered.

    Whoever answers within a second is asked ASKED times in a row, and the middle time counts.
    """
    times: dict[str, list[float]] = {name: [] for name in tools}
    answers: dict[str, list[object]] = {name: [] for name in tools}
    for task in tasks[:warm]:
        for work in tools.values():
            work(task)
    for task in tasks:
        for name, work in tools.items():
            taken: list[float] = []
            while len(taken) < ASKED and sum(taken) < SLOW:
                began = time.perf_counter()
                answer = work(task)
                taken.append((time.perf_counter() - began) * 1000)
            answers[name].append(answer)
            times[name].append(statistics.median(taken))
    return {name: statistics.median(taken) for name, taken in times.items()}, answers
