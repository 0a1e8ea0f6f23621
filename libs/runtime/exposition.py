"""Metrics in Prometheus's text format."""

from collections.abc import Iterable

from libs.runtime.metrics import PREFIX, Counter, Gauge, Histogram, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(metrics: Iterable[Metric]) -> str:
    """All metrics, those of one name together."""
    families: dict[str, list[Metric]] = {}
    for metric in metrics:
        families.setdefault(metric.name, []).append(metric)
    lines: list[str] = []
    for members in families.values():
        first = members[0]
        lines.append(f"# HELP {full_name(first)} {_escape_help(first.help)}")
        lines.append(f"# TYPE {full_name(first)} {first.kind}")
        for member in members:
            lines += _samples(member)
    return "\n".join(lines) + "\n"


def full_name(metric: Metric) -> str:
    """The name with prefix, unit and, of a counter, ``_total``."""
    unit = f"_{metric.unit}" if metric.unit and not metric.name.endswith(metric.unit) else ""
    return f"{PREFIX}{metric.name}{unit}{'_total' if isinstance(metric, Counter) else ''}"


def _samples(metric: Metric) -> list[str]:
    name = full_name(metric)
    if isinstance(metric, Counter):
        return [f"{name}{_labels(metric.labels)} {metric.value}"]
    if isinstance(metric, Gauge):
        return [f"{name}{_labels(metric.labels)} {metric.now():.15g}"]
    return _buckets(name, metric) if isinstance(metric, Histogram) else []


def _buckets(name: str, metric: Histogram) -> list[str]:
    lines: list[str] = []
    below = 0
    for bound, count in zip([*metric.bounds, None], metric.counts, strict=True):
        below += count
        limit = "+Inf" if bound is None else f"{bound:g}"
        lines.append(f"{name}_bucket{_labels(metric.labels | {'le': limit})} {below}")
    labels = _labels(metric.labels)
    return [*lines, f"{name}_sum{labels} {metric.sum:.15g}", f"{name}_count{labels} {below}"]


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _escape_help(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n")
