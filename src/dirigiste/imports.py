"""Slow imports in the background, while kernels run, which release Python's lock."""

from __future__ import annotations

import importlib
import sys
import threading


def ahead(*modules: str) -> None:
    """Import modules, one after the other, in a thread of its own; those that are there already cost
    nothing. An error is raised where the module is imported again, by whoever needs it.
    """
    missing = [name for name in modules if name not in sys.modules]
    if missing:
        threading.Thread(target=_import, args=(missing,), daemon=True).start()


def _import(modules: list[str]) -> None:
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001  (whoever imports it again has it)
            return
