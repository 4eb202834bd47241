"""From samples to the Markdown tables that `make bench` prints: medians over the rounds, ratios within a round."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

BASELINE = "localstripe"
UNKNOWN = "n/a"


@dataclass(frozen=True)
class Sample:
    """One candidate, once, under one load."""

    per_second: float
    p50_us: float
    p99_us: float
    cpu_us: float
    """CPU of the server's processes per request."""

    load_cpu_us: float = 0.0
    """CPU of the load generator per request."""


@dataclass(frozen=True, order=True)
class Place:
    """Where samples belong: which store, which request, how many connections."""

    store: str
    kind: str
    connections: int


@dataclass
class Footprint:
    """Start-up and memory of one candidate on one store; lists of what was seen, in rounds."""

    start_milliseconds: list[float] = field(default_factory=list)
    pss_at_start: list[float] = field(default_factory=list)
    pss_after: list[float] = field(default_factory=list)


@dataclass
class Results:
    """Everything measured, by round."""

    titles: dict[str, str]
    """The candidates' names, in the order of the table, and how they are printed."""

    samples: dict[tuple[Place, str], list[Sample]] = field(default_factory=dict)
    footprints: dict[tuple[str, str], Footprint] = field(default_factory=dict)
    objects: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many objects a store held before the load, by store and candidate."""

    def add(self, place: Place, name: str, sample: Sample) -> None:
        """Keep one sample; call it once per round."""
        self.samples.setdefault((place, name), []).append(sample)

    def footprint(self, store: str, name: str) -> Footprint:
        """The footprint of one candidate on one store, made when first asked for."""
        return self.footprints.setdefault((store, name), Footprint())


def ratio(ours: Sequence[Sample], baseline: Sequence[Sample]) -> float | None:
    """The median over the rounds of our throughput by the baseline's in the same round; None without a baseline."""
    shares = [a.per_second / b.per_second for a, b in zip(ours, baseline, strict=False) if b.per_second]
    return median(shares) if shares else None


def throughput_table(results: Results, store: str) -> str:
    """Requests per second, latency and CPU on one store: one row per load and candidate."""
    head = (
        "request",
        "connections",
        "server",
        "objects",
        "requests/s",
        f"× {BASELINE}",
        "p50 ms",
        "p99 ms",
        "CPU µs",
    )
    places = dict.fromkeys(place for place, _ in results.samples if place.store == store)
    rows = [_throughput_row(results, place, name) for place in places for name in results.titles]
    return markdown(head, (row for row in rows if row))


def _throughput_row(results: Results, place: Place, name: str) -> list[str]:
    samples = results.samples.get((place, name))
    if not samples:
        return []
    times = ratio(samples, results.samples.get((place, BASELINE), []))
    return [
        place.kind,
        str(place.connections),
        results.titles[name],
        f"{results.objects[place.store, name]:,}",
        number(_middle(samples, lambda sample: sample.per_second)),
        UNKNOWN if times is None else number(times),
        number(_middle(samples, lambda sample: sample.p50_us) / 1000),
        number(_middle(samples, lambda sample: sample.p99_us) / 1000),
        number(_middle(samples, lambda sample: sample.cpu_us)),
    ]


def _middle(samples: Iterable[Sample], column: Callable[[Sample], float]) -> float:
    return median(map(column, samples))


def footprint_table(results: Results) -> str:
    """Start-up time and memory: one row per store and candidate."""
    head = ("store", "server", "objects", "first 200 after ms", "PSS at start MB", "PSS after load MB")
    return markdown(head, (_footprint_row(results, *key) for key in results.footprints))


def _footprint_row(results: Results, store: str, name: str) -> list[str]:
    seen = results.footprints[store, name]
    columns = (seen.start_milliseconds, seen.pss_at_start, seen.pss_after)
    figures = [number(median(column)) if any(column) else UNKNOWN for column in columns]
    return [store, results.titles[name], f"{results.objects[store, name]:,}", *figures]


def number(value: float) -> str:
    """Three digits that mean something, thousands grouped."""
    decimals = next((digits for digits, least in enumerate((100, 10, 1)) if abs(value) >= least), 3)
    return f"{value:,.{decimals}f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the cells padded so that it reads well as plain text, too."""
    table = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in table]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
