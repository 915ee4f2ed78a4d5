#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tables, verdicts, CSV and plots from what ntpool_bench printed.

    report.py DIR [GROUP...]
    report.py --write DIR     writes the figures of DIR to the tables of the READMEs

DIR holds one file per run, named after it: icount-6.1.txt, icount-7.3.txt,
native.txt, smp-2.txt, idle.txt, latency.txt, verify-off.txt and so on. The tables and
the verdicts go to standard output, bench.csv, *.gp and *.dat to DIR; tools/bench/bench.sh
gives the .gp files to gnuplot.
GROUPs limit the targets to those whose cases were asked for; without, a target that
was not measured counts against the result. The exit status is 0 if every target was
met.
"""

import csv
import math
import os
import pathlib
import re
import sys
from dataclasses import dataclass
from typing import Callable, Optional

SERIES = ("6.1", "6.12", "7.3")
RUNS = (*(f"icount-{series}" for series in SERIES), "native", "depth", "smp-2", "smp-4",
        "idle", "latency")
# Settings of the verifier; all of one boot. Those after the second are of a table.
SETTINGS = ("off-long", "sampling", "without", "off", "tracking", "special")
SIZES = (16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4064)


class Results:
    """The best, or only, value of each implementation of each case in each run."""

    def __init__(self, directory):
        self.rows = []
        self.values = {}
        self.means = {}
        self.units = {}
        self.depth = {}
        self.problems = []
        for run in RUNS + tuple(f"verify-{name}" for name in SETTINGS):
            path = os.path.join(directory, run + ".txt")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as lines:
                    self.read(run, lines)

    def read(self, run, lines):
        """Adds the lines of one run; one that did not reach its end is a problem."""
        ended = False
        for line in lines:
            words = line.split()
            fields = dict(re.findall(r"(\w+)=(\S+)", line))
            if line.startswith("depth "):
                self.depth.setdefault(run, []).append(fields)
            elif line.startswith("end "):
                ended = True
                if fields.get("status") != "0":
                    self.problems.append(f"{run}: status {fields.get('status')}")
            elif line.startswith("case=") and "error" in fields:
                self.problems.append(f"{run}: {' '.join(words)}")
            elif line.startswith("case=") and "unit" in fields:
                self.add(run, fields)
        if not ended:
            self.problems.append(f"{run}: broken off")

    def add(self, run, fields):
        """One measurement."""
        best = float(fields.get("best", fields.get("value", "nan")))
        median = float(fields.get("median", fields.get("value", "nan")))
        self.rows.append((run, fields["case"], fields["impl"], best, median, fields["unit"]))
        self.values[run, fields["case"], fields["impl"]] = best
        self.means[run, fields["case"], fields["impl"]] = float(fields.get("mean", "nan"))
        self.units[run, fields["case"]] = fields["unit"]

    def get(self, run, case, impl):
        """A value, or None."""
        return self.values.get((run, case, impl))

    def ratio(self, run, case, impl, peer, base=None):
        """impl's value over peer's; peer's is of case `base` if that is given."""
        above = self.get(run, case, impl)
        below = self.get(run, base or case, peer)
        if above is None or not below:
            return None
        return above / below


@dataclass
class Target:
    """A bound on a figure; `least` is for rates, where more is better.

    A rate of more processors than the host has is noise: it is shown without a verdict.
    """

    text: str
    case: str
    figure: Callable[[Results], Optional[float]]
    bound: float
    least: bool = False
    cpus: int = 1

    def met(self, value):
        """Whether @value is within the bound."""
        return value >= self.bound if self.least else value <= self.bound

    def excess(self, value):
        """How far @value is beyond the bound, as a factor; the table begins with the largest."""
        if not self.bound:
            return 2.0 if value else 0.0
        if self.least:
            return self.bound / value if value else float("inf")
        return value / self.bound

    def bound_text(self):
        """The bound as the table in README.md shows it."""
        return f"{'>=' if self.least else '<='} {self.bound:g}"

    def verdict(self, value):
        """The word in the table."""
        if value is None:
            return "not measured"
        if self.cpus > (os.cpu_count() or 1):
            return "no verdict"
        return "met" if self.met(value) else "MISSED"


def ratio_of(run, case, impl, peer, base=None):
    """A figure: see Results.ratio()."""
    return lambda results: results.ratio(run, case, impl, peer, base)


def value_of(run, case, impl, scale):
    """A figure: a value, scaled."""
    def figure(results):
        value = results.get(run, case, impl)
        return None if value is None else value * scale
    return figure


def mean_of(figures):
    """A figure: the geometric mean of figures that are ratios."""
    def figure(results):
        ratios = [one(results) for one in figures]
        if None in ratios:
            return None
        return math.exp(sum(map(math.log, ratios)) / len(ratios))
    return figure


def worst_of_sizes(run):
    """The worst of pool over kmalloc, of all sizes below a page."""
    def figure(results):
        ratios = [results.ratio(run, f"pool_pair_{size}", "pool", "kmalloc") for size in SIZES]
        return None if None in ratios else max(ratios)
    return figure


def verifier_off(case, impl="pool"):
    """A figure: the verifier off over a build without it."""
    def figure(results):
        off = results.get("verify-off", case, impl)
        without = results.get("verify-without", case, impl)
        return off / without if off and without else None
    return figure


def best_peer(run, case, impl, peers):
    """A figure: impl over the best of its peers."""
    def figure(results):
        ratios = [results.ratio(run, case, impl, peer) for peer in peers]
        return None if None in ratios else max(ratios)
    return figure


def idle_events(results):
    """A figure: events in a second, if the trace saw ntpool at all while it was at work."""
    seen = results.get("idle", "idle_traced", "pool")
    events = results.get("idle", "idle_events", "pool")
    seconds = results.get("idle", "idle_time", "pool")
    return events / seconds if seen and seconds and events is not None else None


def sampling(results):
    """A figure: of means, because the best round is one without a sample."""
    key = "pool_pair_64", "pool"
    on, off = (results.means.get((f"verify-{run}", *key)) for run in ("sampling", "off-long"))
    taken = results.get("verify-sampling", "verify_samples", "pool")
    return on / off if on and off and taken else None


TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE_HEADER = "| measure | is | target | |"
FIRST_PAGE_HEADER = "| one allocation and its free, ntpool divided by the kernel | is |"
# Rows of the table, as README.md has them.
FIRST_PAGE = (
    ("pool pair 64 / kmalloc, instructions, 6.1", "64 bytes / kmalloc, instructions on 6.1"),
    ("pool pair 64 / kmalloc pair, native time", "64 bytes / kmalloc, native time"),
    ("lookaside pair / kmem_cache, instructions, 6.1",
     "lookaside list / kmem_cache, instructions on 6.1"),
    ("pool pairs 16..4064 / kmalloc, worst, instructions, 7.3",
     "16 to 4064 bytes / kmalloc, the worst size, instructions on 7.3"),
)

DISK_PEERS = ("kmalloc", "kmem_cache", "mempool")

# Text, case, ours, peer, and a bound for each of SERIES. Newer kernels have a faster kmalloc().
BY_SERIES = (
    ("pool pair 64", "pool_pair_64", "pool", "kmalloc", 0.50, 0.70, 0.70),
    ("paged pair 16", "pool_paged_16", "pool", "kmalloc", 0.70, 0.85, 0.85),
    ("paged pair 64", "pool_paged_64", "pool", "kmalloc", 0.70, 0.85, 0.85),
    ("paged pair 700", "pool_paged_700", "pool", "kmalloc", 0.70, 0.85, 0.85),
    ("paged pair 4064", "pool_paged_4064", "pool", "kmalloc", 0.70, 0.85, 0.85),
    ("paged pair 5120", "pool_paged_5120", "pool", "kmalloc", 1.2, 1.2, 1.2),
    ("paged pair 131072", "pool_paged_131072", "pool", "vmalloc", 1.0, 1.0, 1.0),
    ("paged batch of 256 x 64", "pool_paged_batch_256_64", "pool", "kmalloc", 1.0, 1.0, 1.0),
    ("paged batch of 256 x 700", "pool_paged_batch_256_700", "pool", "kmalloc", 1.2, 1.2, 1.2),
    ("paged batch of 16 x 5120", "pool_paged_batch_16_5120", "pool", "kmalloc", 3.0, 3.0, 3.0),
    ("batch of 256 x 64", "pool_batch_256", "pool", "kmalloc", 1.0, 1.0, 1.0),
    ("batch of 256 x 700", "pool_batch_256_700", "pool", "kmalloc", 1.0, 1.0, 1.0),
    ("batch of 256 x 2000", "pool_batch_256_2000", "pool", "kmalloc", 1.2, 1.2, 1.2),
    ("batch of 16 x 5120", "pool_batch_16_5120", "pool", "kmalloc", 1.5, 1.5, 1.5),
    ("batch of 64 x 8192", "pool_batch_64_8192", "pool", "kmalloc", 1.5, 1.5, 1.5),
    ("batch of 16 x 65536", "pool_batch_16_65536", "pool", "kmalloc", 1.2, 1.2, 1.2),
    ("pair 4096", "pool_pages_4096", "pool", "kmalloc", 1.0, 1.0, 1.0),
    ("pair 5120", "pool_pages_5120", "pool", "kmalloc", 1.0, 1.0, 1.0),
    ("pair 65536", "pool_pages_65536", "pool", "kmalloc", 1.0, 1.0, 1.0),
    ("lookaside pair", "lookaside_pair", "lookaside", "kmem_cache", 0.35, 0.40, 0.40),
    ("paged lookaside pair", "lookaside_paged_pair", "lookaside", "kmem_cache",
     0.40, 0.45, 0.45),
)


def targets_by_series():
    """Instructions beside a peer, on each kernel."""
    out = []
    for text, case, ours, peer, *bounds in BY_SERIES:
        for series, bound in zip(SERIES, bounds):
            out.append(Target(f"{text} / {peer}, instructions, {series}", case,
                              ratio_of(f"icount-{series}", case, ours, peer), bound))
    for series, bound in zip(SERIES, (0.50, 0.70, 0.70)):
        out.append(Target(f"pool pairs 16..4064 / kmalloc, worst, instructions, {series}",
                          "pool_pair", worst_of_sizes(f"icount-{series}"), bound))
    return out


def targets_time():
    """Native times, and rates of several processors."""
    out = [
        Target("lookaside pair / kmem_cache pair, native time", "lookaside_pair",
               ratio_of("native", "lookaside_pair", "lookaside", "kmem_cache"), 0.50),
        Target("pool pair 64 / kmalloc pair, native time", "pool_pair_64",
               ratio_of("native", "pool_pair_64", "pool", "kmalloc"), 1.0),
        Target("remote free, pool / kmalloc, emulated time, 2 CPUs", "remote_64",
               ratio_of("smp-2", "remote_64", "pool", "kmalloc"), 1.2),
        Target("reading `tags` with 10,000 tags, ms, native", "scale_read_tags",
               value_of("native", "scale_read_tags", "pool", 0.001), 100.0),
    ]
    for cpus in (2, 4):
        for impl in ("pool", "lookaside"):
            out.append(Target(f"rate per CPU, {impl}, {cpus} CPUs / 1", "smp_pair_64",
                              value_of(f"smp-{cpus}", "smp_pair_64", impl, 0.01), 0.95, True,
                              cpus))
    return out


def targets_memory():
    """Backing of what is live."""
    return [
        Target("5 KiB block, backing in KiB", "memory_pages_5120",
               value_of("native", "memory_pages_5120", "pool", 1 / 1024), 8.25),
        Target("backing / requested, churned", "memory_churned",
               value_of("native", "memory_churned", "pool", 0.01), 1.12),
        Target("backing, churned, pool / kmalloc", "memory_churned",
               ratio_of("native", "memory_churned", "pool", "kmalloc"), 1.0),
        Target("backing after freeing 90 %, pool / kmalloc", "memory_thinned",
               ratio_of("native", "memory_thinned", "pool", "kmalloc"), 0.6),
    ]


def targets_scale():
    """Instructions as numbers grow, and with the verifier there but off."""
    insn, pool = "icount-6.1", "pool"
    return [
        Target("interlocked zone / locked list, instructions, 6.1", "zone_interlocked",
               ratio_of(insn, "zone_interlocked", "zone", "locked_list"), 1.1),
        Target("pair at 10,000 tags / at 1, instructions, 6.1", "scale_tags_10000",
               ratio_of(insn, "scale_tags_10000", pool, pool, "scale_tags_1"), 1.15),
        Target("pair at 10^6 live blocks / at 10^3, instructions, 6.1", "scale_live_1000000",
               ratio_of(insn, "scale_live_1000000", pool, pool, "scale_live_1000"), 1.2),
        Target("pair at 1,000 lists / at 1, instructions, 6.1", "lookaside_lists_1000",
               ratio_of(insn, "lookaside_lists_1000", "lookaside", "lookaside",
                        "lookaside_lists_1"), 1.1),
        Target("verifier off / built without, pair 64, instructions, 6.1", "verify_off",
               verifier_off("pool_pair_64"), 1.02),
        Target("verifier off / built without, pairs 16..4064, mean", "verify_off",
               mean_of([verifier_off(f"pool_pair_{size}") for size in SIZES]), 1.02),
        Target("verifier off / built without, batch of 256", "verify_off",
               verifier_off("pool_batch_256"), 1.02),
        Target("verifier off / built without, lookaside pair", "verify_off",
               verifier_off("lookaside_pair", "lookaside"), 1.02),
        Target("sampling at 100 ms / off, pair 64, instructions, 6.1", "verify_sampling",
               sampling, 1.01),
    ]


def targets_whole():
    """A driver as a whole, and what others notice of ntpool."""
    out = [Target(f"demo disk, an I/O of 4 KiB / best of its peers, instructions, {series}",
                  "disk_io_4096", best_peer(f"icount-{series}", "disk_io_4096", "pool", DISK_PEERS),
                  1.0) for series in SERIES]
    return out + [
        Target("interrupts off, most instructions, 6.1", "latency_irqsoff",
               value_of("latency", "latency_irqsoff", "pool", 1), 10000.0),
        Target("timers, work items and wake-ups per second, idle, 6.1", "idle_events",
               idle_events, 0.0),
        Target("figures of 16,384 tags on 256 CPUs, at most, MiB, on paper", "paper_tags",
               value_of("icount-6.1", "paper_tags", "pool", 1 / (1 << 20)), 64.0),
        Target("cache of one pool on one CPU, KiB, on paper", "paper_cache",
               value_of("icount-6.1", "paper_cache", "pool", 1 / 1024), 24.0),
    ]


def targets():
    """All of them."""
    return (targets_whole() + targets_by_series() + targets_time() + targets_memory() +
            targets_scale())


def print_cases(results):
    """One table per run: ours beside its peers, with the ratio to each."""
    for run in RUNS:
        cases = list(dict.fromkeys(row[1] for row in results.rows if row[0] == run))
        if not cases:
            continue
        print(f"\n{run}")
        for case in sorted(cases, key=lambda case, run=run: -worst_ratio(results, run, case)):
            print_case(results, run, case)


def worst_ratio(results, run, case):
    """Ours over the best of the peers; 0 without peers."""
    values = [row[3] for row in results.rows if row[:2] == (run, case) and row[2] != "loop"]
    return values[0] / min(values[1:]) if values[1:] and min(values[1:]) else 0


def print_case(results, run, case):
    """A line; the first implementation is ours, the loop is none."""
    values = {row[2]: row[3] for row in results.rows
              if row[:2] == (run, case) and row[2] != "loop"}
    (ours, mine), *peers = list(values.items())
    text = f"  {case:22} {ours} {mine:.2f} {results.units[run, case]}"
    for peer, value in peers:
        text += f", {peer} {value:.2f}"
        if value:
            text += f" ({mine / value:.2f})"
    print(text)


def print_verifier(results):
    """The cost of a pair for each setting of the verifier, also as a factor of off."""
    columns = SETTINGS[2:]
    cases = [row[1:3] for row in results.rows if row[0] == "verify-off"
             and row[2] in ("pool", "lookaside")]
    if cases:
        print(f"\nverifier, instructions, 6.1\n  {'':32}" +
              "".join(f"{name:>20}" for name in columns))
    for case, impl in cases:
        off, text = results.get("verify-off", case, impl), f"  {case + ' ' + impl:32}"
        for name in columns:
            value = results.get(f"verify-{name}", case, impl)
            text += f"{'-' if value is None else f'{value:.2f} ({value / off:.3f})':>20}"
        print(text)
    served = results.get("verify-special", "verify_special", "pool")
    taken = results.get("verify-sampling", "verify_samples", "pool")
    if served is not None and taken is not None:
        print(f"  special pool served {served:.0f} % of what was asked of it, sampling took "
              f"{taken:.0f} blocks")


def print_targets(results, groups):
    """The table of verdicts. Returns how many were met, missed, not measured."""
    counts = {"met": 0, "MISSED": 0, "not measured": 0, "no verdict": 0}
    print(f"\n  {'measure':58} {'is':>8}  {'target':>8}  verdict")
    wanted = [(target, target.figure(results)) for target in targets()
              if not groups or target.case.split("_")[0] in groups]
    wanted.sort(key=lambda row: -row[0].excess(row[1]) if row[1] else 0.0)
    for target, value in wanted:
        verdict = target.verdict(value)
        shown = "-" if value is None else f"{value:.3f}"
        counts[verdict] += 1
        sign = ">=" if target.least else "<="
        print(f"  {target.text:58} {shown:>8}  {sign} {target.bound:5.2f}  {verdict}")
    return counts["met"], counts["MISSED"], counts["not measured"]


def table_of(path, header):
    """The text of a file up to the rows of a table, the rows, and the rest."""
    text = path.read_text(encoding="utf-8")
    start = text.index("\n", text.index("|---", text.index(header))) + 1
    end = text.index("\n\n", start) + 1
    return text[:start], text[start:end].splitlines(), text[end:]


def write_table(results):
    """Replaces the rows that were measured. Returns all as (target, figure), worst first."""
    path = TOP / "module/samples/README.md"
    before, lines, after = table_of(path, TABLE_HEADER)
    kept = {match[1]: (float(match[2]), match[3], match[4]) for match in
            re.finditer(r"^\| (.*?) \| ([0-9.]+) \| (.*?) \| (.*?) \|$", "\n".join(lines), re.M)}
    rows = []
    for target in targets():
        value = target.figure(results)
        verdict = target.verdict(value)
        if value is None and target.text in kept:
            # A figure that was rounded, perhaps on another machine, is not judged again.
            value, bound, verdict = kept[target.text]
            if bound != target.bound_text():
                verdict = target.verdict(value)
        rows.append((target, value, verdict))
    rows.sort(key=lambda row: row[0].excess(row[1]) if row[1] is not None else 0, reverse=True)
    text = "".join(f"| {target.text} | {'-' if value is None else f'{value:.3f}'} | "
                   f"{target.bound_text()} | {verdict} |\n" for target, value, verdict in rows)
    path.write_text(before + text + after, encoding="utf-8")
    return [row[:2] for row in rows if row[1] is not None]


def write_first_page(rows):
    """The rows of FIRST_PAGE, and the worst one that compares with the kernel."""
    path = TOP / "README.md"
    before, _, after = table_of(path, FIRST_PAGE_HEADER)
    values = {target.text: value for target, value in rows}
    text = "".join(f"| {shown} | {values[name]:.3f} |\n" for name, shown in FIRST_PAGE
                   if name in values)
    worst, value = next(row for row in rows if " / k" in row[0].text or " / v" in row[0].text)
    text += f"| {worst.text}: the worst pair with a target | {value:.3f} |\n"
    path.write_text(before + text + after, encoding="utf-8")


def write_csv(results, directory):
    """Every measurement, medians included."""
    with open(os.path.join(directory, "bench.csv"), "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("run", "case", "implementation", "best", "median", "unit"))
        writer.writerows(results.rows)


def write_plot(directory, name, title, axes, series, options=""):
    """A gnuplot script and its data: @series is a list of (label, [(x, y)...])."""
    series = [(label, points) for label, points in series if points]
    if not series:
        return
    with open(os.path.join(directory, name + ".dat"), "w", encoding="utf-8") as out:
        for _, points in series:
            out.writelines(f"{x} {y}\n" for x, y in points)
            out.write("\n\n")
    lines = ", ".join(f"'{name}.dat' index {nr} with linespoints title '{label}'"
                      for nr, (label, _) in enumerate(series))
    with open(os.path.join(directory, name + ".gp"), "w", encoding="utf-8") as out:
        out.write(f"set terminal svg size 800,480 background 'white'\n"
                  f"set output '{name}.svg'\nset title '{title}'\n"
                  f"set xlabel '{axes[0]}'\nset ylabel '{axes[1]}'\n"
                  f"set yrange [0:*]\nset grid\nset key outside\n{options}\nplot {lines}\n")


def points_of(results, run, pattern, impl):
    """(number in the case's name, value), for a series over the number."""
    out = []
    for row in results.rows:
        match = re.fullmatch(pattern, row[1])
        if row[0] == run and row[2] == impl and match:
            out.append((int(match.group(1)), row[3]))
    return sorted(out)


def ratios_of(results, series, kind):
    """(bytes, ours over the peer) of the pairs of one pool type."""
    run, out = f"icount-{series}", []
    for row in results.rows:
        match = re.fullmatch(rf"sizes_{kind}_(\d+)", row[1])
        if row[0] == run and row[2] in ("kmalloc", "vmalloc") and match and row[3]:
            out.append((int(match.group(1)), results.ratio(run, row[1], "pool", row[2])))
    return sorted(out)


def write_ratios(results, directory):
    """Plots of the ratio over the size, a line for each kernel."""
    for kind, peer in (("nonpaged", "kmalloc"), ("paged", "kmalloc, from 128 KiB on vmalloc")):
        write_plot(directory, f"ratio-{kind}", f"Pair of {kind} pool / {peer}, instructions",
                   ("bytes", "ratio"),
                   [(series, ratios_of(results, series, kind)) for series in SERIES],
                   "set logscale x 2\nset arrow from graph 0, first 1 to graph 1, first 1 nohead")


def write_plots(results, directory):
    """Plots of the costs that change with a number."""
    write_ratios(results, directory)
    for run, unit in (*((f"icount-{series}", "instructions") for series in SERIES),
                      ("native", "ns")):
        tag = run.replace(".", "_")
        for name, title, pattern, impls in (
                ("sizes", "Pair by size", r"pool_pair_(\d+)", ("pool", "kmalloc")),
                ("pages", "Pair by size, whole pages", r"pool_pages_(\d+)", ("pool", "kmalloc")),
                ("tags", "Pair by number of tags", r"scale_tags_(\d+)", ("pool",)),
                ("live", "Replacement by live blocks", r"scale_live_(\d+)", ("pool", "kmalloc")),
                ("lists", "Pair by number of lists", r"lookaside_lists_(\d+)",
                 ("lookaside", "kmem_cache"))):
            write_plot(directory, f"{name}-{tag}", f"{title}, {run}",
                       ("bytes" if "size" in title else "number", unit),
                       [(impl.replace("_", " "), points_of(results, run, pattern, impl))
                        for impl in impls], "set logscale x")
    trace = results.depth.get("depth", [])
    write_plot(directory, "depth", "Depth of a lookaside list under load", ("ms", "depth"),
               [("depth", [(row["ms"], row["depth"]) for row in trace]),
                ("allocations / step / 100",
                 [(row["ms"], int(row["blocks"]) / 100) for row in trace])])


def main():
    """Prints, writes, judges."""
    if sys.argv[1] == "--write":
        results = Results(sys.argv[2])
        if results.problems:
            sys.exit("\n".join(results.problems))
        write_first_page(write_table(results))
        return
    directory, groups = sys.argv[1], sys.argv[2:]
    results = Results(directory)
    print_cases(results)
    print_verifier(results)
    met, missed, absent = print_targets(results, groups)
    for problem in results.problems:
        print(f"  FAILED {problem}")
    write_csv(results, directory)
    write_plots(results, directory)
    print(f"\nbench: {met} targets met, {missed} missed, {absent} not measured"
          + (f", {len(results.problems)} failures" if results.problems else ""))
    sys.exit(1 if missed or absent or results.problems or not met else 0)


main()
