"""Progress bars, by the conventions of tqdm."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Optional, Union

Progress = Union[None, bool, Callable[..., Any], Any]
"""``None``: a bar for work of several seconds. True or False: a bar or none. A callable that makes a bar as ``tqdm.tqdm``
does, or a bar with ``update(n)`` and ``total``."""

_DELAY = 2.0


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    instance = None if shell is None else shell.get_ipython()
    return instance is not None and type(instance).__name__ == "ZMQInteractiveShell"


class _Line:
    """A line on the terminal, where tqdm is not installed."""

    def __init__(self) -> None:
        self.total: Optional[int] = None
        self.n = 0

    def update(self, n: int) -> None:
        self.n += n
        of = "" if self.total is None else f" of {self.total:,}"
        sys.stderr.write(f"\r{self.n:,}{of} rows")
        sys.stderr.flush()

    def close(self) -> None:
        if self.n:
            sys.stderr.write("\n")


def _made(maker: Callable[..., Any], delay: float) -> Any:
    return maker(total=None, unit=" rows", unit_scale=True, delay=delay, leave=delay == 0)


def _default(delay: float) -> Any:
    try:
        # The plain one in a terminal: tqdm.auto warns where a notebook's widgets are not installed.
        if _in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
            from tqdm.notebook import tqdm
        else:
            from tqdm import tqdm
    except ImportError:
        return _Line() if delay == 0 else None
    return _made(tqdm, delay)


@contextmanager
def bar(progress: Progress) -> Generator[Optional[Any], None, None]:
    """The bar that was asked for. One that is made here is closed here."""
    if progress is False:
        yield None
        return
    # A class of bars has `update` as well, and is what makes them.
    if progress is not None and progress is not True and not isinstance(progress, type) and hasattr(progress, "update"):
        yield progress
        return
    if progress is None:
        made = _default(_DELAY) if sys.stderr.isatty() or _in_notebook() else None
    elif progress is True:
        made = _default(0.0)
    elif callable(progress):
        made = _made(progress, 0.0)
    else:
        raise TypeError("progress: True, False, a bar, or a callable that makes one is due here")
    try:
        yield made
    finally:
        if made is not None:
            made.close()
