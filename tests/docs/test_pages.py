"""Every code block of every page is run, here or by the test that is named for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import app
from tests.docs.pages import ROOT, SHOWN, Block, blocks, plain, prepare, run

HERE = [
    "docs/start.md",
    "docs/guides/baseline.md",
    "docs/guides/adapt.md",
    "docs/guides/folder.md",
    "docs/guides/lines.md",
    "docs/guides/numbers.md",
    "docs/moving.md",
]
"""Pages whose blocks need nothing but the base install."""

TRAINING = ["docs/guides/branch.md"]
"""Pages whose blocks need the extras train and opensmile, but no corpus."""

CORPORA = {"docs/guides/paper.md": {"--size small": "--size small -j 1"}}
"""Pages whose blocks need a corpus, and what is changed so that they are done soon."""

ELSEWHERE = {
    "README.md": "tests/docs/test_readme.py",
    "docs/data.md": "tests/docs/test_data_page.py",
    "docs/evaluation.md": "tests/docs/test_tutorial.py",
    "docs/guides/coders.md": "tests/docs/test_coders_page.py",
    "docs/recipes.md": "tests/docs/test_recipes_page.py",
    "docs/scale.md": "tests/docs/test_scale_page.py",
    "docs/serve.md": "tests/docs/test_serve_page.py",
    "docs/training_your_own.md": "tests/docs/test_tutorial.py",
}
"""Pages with a test of their own."""

NOT_RUN = {
    "docs/training.md": "hours of training on four corpora; test_commands_name_what_there_is",
    "docs/papers.md": "printed by mien papers --docs; tests/training/papers/test_document.py",
}
LANGUAGES = {"sh", "python", "sql", "console", "nginx", *SHOWN}


def pages() -> list[str]:
    """Every page of the site, and the files that people read first."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    first = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [path.relative_to(ROOT).as_posix() for path in [*found, *first]]


def code(page: str) -> list[Block]:
    return [one for one in blocks(ROOT / page) if one.language in ("sh", "python")]


@pytest.mark.parametrize("page", pages())
def test_every_page_with_code_has_a_test_that_runs_it(page: str) -> None:
    known = {*HERE, *TRAINING, *CORPORA, *ELSEWHERE, *NOT_RUN}
    if code(page):
        assert page in known, f"name the test that runs the code of {page}"
    if page in ELSEWHERE:
        test = ROOT / ELSEWHERE[page]
        assert Path(page).name in test.read_text("utf-8")
    if page in NOT_RUN:
        return
    odd = [one.line for one in blocks(ROOT / page) if one.language not in LANGUAGES]
    assert not odd, f"blocks without a known language, at lines {odd}"


def test_the_lists_name_pages_that_there_are() -> None:
    named = {*HERE, *TRAINING, *CORPORA, *ELSEWHERE, *NOT_RUN}
    assert named <= set(pages())


def follow(page: str, folder: Path, changes: dict[str, str]) -> None:
    """Run a page from the top to the end, and compare what it shows with what is printed."""
    prepare(folder)
    for block in code(page):
        printed = plain(run(block, folder, changes))
        at = 0
        for part in re.split(r"^\.\.\.$", block.shown, flags=re.MULTILINE):
            found = printed.find(plain(part), at)
            assert found >= 0, f"{page}, line {block.line}: shows\n{part}\nbut prints\n{printed}"
            at = found + len(plain(part))
        _keep(block, folder)


def _keep(block: Block, folder: Path) -> None:
    """A block that declares a recipe is the file that the page tells to write."""
    if "RECIPE = " in block.code:
        (folder / "mine.py").write_text(block.code, "utf-8")


@pytest.mark.parametrize("page", HERE)
def test_the_code_of_a_page_works_from_top_to_end(page: str, tmp_path: Path) -> None:
    assert code(page)
    follow(page, tmp_path, {})


@pytest.mark.parametrize("page", TRAINING)
def test_the_code_of_a_page_on_training_works(page: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("opensmile")
    follow(page, tmp_path, {})


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("page", CORPORA)
def test_the_code_of_a_page_on_corpora_works(page: str, tmp_path: Path, data: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("opensmile")
    slice_of = (
        "import tests.docs.test_tutorial as t, pathlib; t.slice_of(pathlib.Path('clips.csv'))"
    )
    cut = f'\\g<0>\nPYTHONPATH="{ROOT}" python -c "{slice_of}"'
    changes = {"DATA": str(data), r"^mien data prepare .*$": cut, **CORPORA[page]}
    follow(page, tmp_path, changes)


def commands() -> list[tuple[str, str]]:
    """(page, line) of every `mien ...` line of every page, those that are not run too."""
    found = []
    for page in pages():
        for one in blocks(ROOT / page):
            if one.language in ("sh", "console", ""):
                joined = one.code.replace("\\\n", " ")
                lines = re.findall(r"^(?:\w+=\S+ )*(?:[\w./]*/)?mien (.*)$", joined, re.MULTILINE)
                found += [(page, line) for line in lines]
    return found


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """{verb: options of it and of its own verbs}."""
    helped: dict[str, set[str]] = {}
    for verb in {line.split()[0] for _, line in commands()}:
        texts = [_help(verb)]
        texts += [_help(verb, sub) for sub in re.findall(r"^│? *(\w+) {2,}", texts[0], re.M)]
        helped[verb] = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(texts)))
    return helped


def _help(*verbs: str) -> str:
    done = CliRunner().invoke(app, [*verbs, "--help"], env={"COLUMNS": "300"})
    return done.output if done.exit_code == 0 else ""


def test_commands_name_what_there_is(options: dict[str, set[str]]) -> None:
    """Verbs and options, also where a line cannot be run here (a GPU, a corpus, a container)."""
    assert len(commands()) > 60
    wrong = []
    for page, line in commands():
        verb, *rest = re.split(r"\s+", line.partition("#")[0].partition("&&")[0].strip())
        used = {word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"}
        known = options.get(verb, set())
        if not known or not used <= known:
            wrong.append(f"{page}: mien {line}: {sorted(used - known) or verb}")
    assert not wrong, "\n".join(wrong)


def test_the_tests_that_the_docs_name_are_there() -> None:
    """`tests/x.py::test_y`, and `::test_z` after it for another one of the same file."""
    for page in pages():
        last = ""
        for file, test in re.findall(r"`(tests/[\w/]+(?:\.py)?)?(?:::(\w+))?`", _text(page)):
            last = file or last
            if not file and not test:
                continue
            assert (ROOT / last).exists(), f"{page}: {last}"
            if test:
                assert f"def {test}(" in (ROOT / last).read_text("utf-8"), f"{page}: {last}::{test}"


def _text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")
