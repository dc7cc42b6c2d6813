"""One search of the shipped calibration of China: time, solutions, and what they cost."""

from __future__ import annotations

import time

import dirigiste as dg


def main() -> None:
    dg.solve("china-2019")  # programs are loaded
    begin, processor = time.perf_counter(), time.process_time()
    result = dg.calibrate("china-2019", "china-2019")
    search = result.searches[result.best]
    print(
        f"{len(result.plan.parameters)} parameters, {len(result.plan.targeted)} moments: {search.evaluations} "
        f"evaluations, {search.failed} of them not solved; {time.perf_counter() - begin:.0f} s, "
        f"{time.process_time() - processor:.0f} s of processor time; distance {search.distance:.3f}"
    )


if __name__ == "__main__":
    main()
