"""Progress bars: which one shows where, without tqdm, and in a notebook."""

import importlib.util
import sys
import types

import pytest

from rewards import _progress
from rewards._progress import bar


class Stream:
    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


class Made:
    """What a maker of bars was given."""

    def __init__(self, **given):
        self.given, self.n, self.closed = given, 0, False

    def update(self, n):
        self.n += n

    def close(self):
        self.closed = True


class Plain(Made):
    pass


class Notebook(Made):
    pass


@pytest.fixture
def tqdm(monkeypatch):
    """A tqdm that tells which of its bars was made."""
    plain, notebook = types.ModuleType("tqdm"), types.ModuleType("tqdm.notebook")
    plain.tqdm, notebook.tqdm = Plain, Notebook
    monkeypatch.setitem(sys.modules, "tqdm", plain)
    monkeypatch.setitem(sys.modules, "tqdm.notebook", notebook)


@pytest.fixture
def no_tqdm(monkeypatch):
    for name in ("tqdm", "tqdm.notebook"):
        monkeypatch.setitem(sys.modules, name, None)


def stderr(monkeypatch, terminal):
    stream = Stream(terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def notebook(monkeypatch, widgets):
    """As in a notebook, whose kernel has widgets or not; nobody imported them yet."""

    class ZMQInteractiveShell:
        pass

    shell = types.ModuleType("IPython")
    shell.get_ipython = ZMQInteractiveShell
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.delitem(sys.modules, "ipywidgets", raising=False)
    known = importlib.util.find_spec
    found = lambda name, package=None: (object() if widgets else None) if name == "ipywidgets" else known(name, package)
    monkeypatch.setattr(importlib.util, "find_spec", found)


def test_on_a_terminal_a_bar_shows_after_seconds(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=True)
    with bar(None) as shown:
        assert type(shown) is Plain
        assert shown.given["delay"] == _progress._DELAY and not shown.given["leave"]
        assert not shown.closed
    assert shown.closed


def test_a_bar_that_is_asked_for_shows_at_once_and_stays(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=False)
    with bar(True) as shown:
        assert type(shown) is Plain and shown.given["delay"] == 0 and shown.given["leave"]


def test_where_nobody_looks_there_is_none(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=False)
    with bar(None) as shown:
        assert shown is None


def test_false_is_none_even_on_a_terminal(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=True)
    with bar(False) as shown:
        assert shown is None


def test_without_tqdm_a_line_shows_where_it_is_asked_for(no_tqdm, monkeypatch):
    stream = stderr(monkeypatch, terminal=True)
    with bar(None) as shown:
        assert shown is None
    with bar(True) as shown:
        shown.total = 12_000
        shown.update(5_000)
        shown.update(7_000)
    assert stream.text == "\r5,000 of 12,000 rows\r12,000 of 12,000 rows\n"


def test_a_notebook_with_widgets_has_a_bar_of_widgets(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=False)
    notebook(monkeypatch, widgets=True)
    with bar(None) as shown:
        assert type(shown) is Notebook


def test_a_notebook_without_widgets_has_the_plain_bar(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=False)
    notebook(monkeypatch, widgets=False)
    with bar(None) as shown:
        assert type(shown) is Plain


def test_a_terminal_has_the_plain_bar_even_with_widgets(tqdm, monkeypatch):
    stderr(monkeypatch, terminal=True)
    notebook(monkeypatch, widgets=True)
    monkeypatch.delitem(sys.modules, "IPython")
    with bar(None) as shown:
        assert type(shown) is Plain


def test_a_bar_of_ones_own_is_used_and_left_open():
    own = Made()
    with bar(own) as shown:
        assert shown is own
    assert not own.closed
    with bar(Plain) as shown:
        assert type(shown) is Plain
    assert shown.closed
    with pytest.raises(TypeError, match="callable"):
        bar(3).__enter__()
