"""Folders of sweeps whose outcomes are functions of the axes: nothing is solved."""

from dirigiste import sweep as sweeps
from dirigiste.sweep import work


class MadeUp:
    """Solves a point by functions of the values of its axes, one for each outcome; None is no solution."""

    def __init__(self, *functions):
        self.functions = functions

    def run(self, tasks, keep, meter):
        for task in tasks:
            rows = []
            for point in task.points:
                values = tuple(function(*point.values) for function in self.functions)
                if None in values:
                    rows.append(work.Row(point.number, None, "too far", 0.5))
                else:
                    rows.append(work.Row(point.number, values, "", 0.5))
            keep(work.Solved(task.chain, tuple(rows), "none"))


def made(sweep, folder, *functions):
    """The folder of a sweep."""
    return sweeps.run(sweep, folder, executor=MadeUp(*functions)).folder
