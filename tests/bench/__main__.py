"""`pipenv run bench [migrations|checks|app] [--rows 1000,100000] [--repeat 5]`."""

from __future__ import annotations

import argparse
import sys

from tests.bench import app, chain, checks
from tests.bench.pair import NotEqualError

BENCHES = {
    "migrations": (chain.bench, [1_000, 100_000, 1_000_000]),
    "checks": (checks.bench, [2, 6, 13]),
    "app": (app.bench, [20, 10_000, 100_000, 1_000_000]),
}


def number(text: str) -> int:
    """A number from 1 on; raises ValueError, which argparse puts into a sentence."""
    found = int(text)
    if found < 1:
        raise ValueError(text)
    return found


def numbers(text: str) -> list[int]:
    """Numbers with commas between them."""
    return [number(part) for part in text.split(",")]


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="bench", description="How long things take, beside the best by hand."
    )
    parser.add_argument("what", nargs="?", choices=BENCHES, help="all, if none is named")
    parser.add_argument(
        "--rows", type=numbers, help="how many tasks, like 1000,100000 (checks: which lessons, like 2,13)"
    )
    parser.add_argument("--repeat", type=number, default=5, help="how often each is measured (5)")
    asked = parser.parse_args(words)
    for name in [asked.what] if asked.what else BENCHES:
        bench, sizes = BENCHES[name]
        try:
            print(bench(asked.rows or sizes, asked.repeat, lambda line: print(line, file=sys.stderr)))
        except (NotEqualError, app.ProgramFailedError) as error:
            parser.exit(1, f"bench: {error}\n")


if __name__ == "__main__":
    main()
