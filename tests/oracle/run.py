#!/usr/bin/env python3
"""Compares the scenarios of tests/grammar with real dlt.

    python3 tests/oracle/run.py [-v | --quiet] [NAME…]

Makes a virtual environment of its own in the user's cache directory (needs Python 3.10 and PyPI the first time). NAME is
a part of a scenario's name: only those are run; -v shows what dlt did, --quiet only what is wrong. Exits 1 when dlt does something that neither the
scenario nor its `dlt:` note says, or when a noted difference is none.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCENARIOS = HERE.parent / "grammar"


def python() -> Path:
    """The interpreter that has what requirements.txt names; made where it is missing."""
    wanted = (HERE / "requirements.txt").read_bytes() + sys.version.encode()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "krest-oracle" / hashlib.sha256(wanted).hexdigest()[:16]
    interpreter = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"making {home}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        install = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", HERE / "requirements.txt"], check=True)
        (home / "ready").touch()
    return interpreter


def main(arguments: list[str]) -> int:
    import scenario as scenarios
    from real_dlt import run

    begin = time.monotonic()
    verbose, is_quiet = "-v" in arguments, "--quiet" in arguments
    parts = [argument for argument in arguments if argument not in ("-v", "--quiet")]
    chosen = [s for s in scenarios.load(SCENARIOS) if not parts or any(part in s.name for part in parts)]
    counts = {"same": 0, "deviation": 0, "UNDOCUMENTED": 0}
    for scenario in chosen:
        outcome = run(scenario)
        verdict, details = judge(scenario, outcome)
        counts[verdict] += 1
        if is_quiet and verdict != "UNDOCUMENTED":
            continue
        print(f"{verdict:12}  {scenario.name}" + (f"  ({scenario.dlt['row']})" if verdict == "deviation" else ""))
        for detail in details:
            print(f"    {detail}")
        if verbose:
            for asked in outcome.requests:
                print(f"      > {asked.line()} {asked.body.decode('utf-8', 'replace')}")
            print(f"      = {outcome.records} {outcome.error or ''}")
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), end="")
    print(f"; {len(chosen)} scenarios in {time.monotonic() - begin:.1f} s")
    return 1 if counts["UNDOCUMENTED"] or not chosen else 0


def judge(scenario, outcome):
    """What dlt did, against the scenario and its note."""
    from scenario import differences

    if scenario.problems:
        return "UNDOCUMENTED", scenario.problems
    same = {
        "requests": scenario.requests,
        "records": scenario.records,
        "fails": None if scenario.fails is None else "",
        "unordered": scenario.unordered,
    }
    from_same = differences(outcome, scenario, same)
    if scenario.dlt is None:
        return ("UNDOCUMENTED", from_same) if from_same else ("same", [])
    if not scenario.dlt.get("row"):
        return "UNDOCUMENTED", ["a deviation names its row in docs/dlt-compatibility.md"]
    noted = {**same, "fails": None, **scenario.dlt}
    from_note = differences(outcome, scenario, noted)
    if from_note:
        return "UNDOCUMENTED", ["not as its note says:", *from_note]
    # What krest says besides is a difference as well, and an order that is sometimes another.
    if not from_same and not scenario.says and not scenario.dlt.get("unordered"):
        return "UNDOCUMENTED", ["a deviation is noted, and there is none"]
    return "deviation", []


if __name__ == "__main__":
    if os.environ.get("KREST_ORACLE_INSIDE"):
        sys.exit(main(sys.argv[1:]))
    os.environ["KREST_ORACLE_INSIDE"] = "1"
    interpreter = str(python())
    os.execv(interpreter, [interpreter, str(Path(__file__).resolve()), *sys.argv[1:]])
