"""`pipenv run bench [migrations|app] [--rows 1000,100000] [--repeat 5]`."""

from __future__ import annotations

import argparse
import sys

from tests.bench import app, chain

BENCHES = {
    "migrations": (chain.bench, [1_000, 100_000, 1_000_000]),
    "app": (app.bench, [20, 10_000, 100_000]),
}


def numbers(text: str) -> list[int]:
    """Numbers of rows with commas between them; raises ValueError, which argparse puts into a sentence."""
    found = [int(number.replace("_", "")) for number in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="bench", description="How long things take, beside the best by hand."
    )
    parser.add_argument("what", nargs="*", choices=[*BENCHES, []], help="everything, if nothing is named")
    parser.add_argument("--rows", type=numbers, help="how many tasks, like 1000,100000")
    parser.add_argument("--repeat", type=int, default=5, help="how often each is measured (5)")
    asked = parser.parse_args(words)
    for name in asked.what or BENCHES:
        bench, sizes = BENCHES[name]
        print(bench(asked.rows or sizes, asked.repeat, lambda line: print(line, file=sys.stderr)))


if __name__ == "__main__":
    main()
