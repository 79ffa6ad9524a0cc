"""What is copied of a block: its commands as they were tested, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from truebook import pipeline
from truebook.model import Block, Copyable, Evidence, Field, FilledValue, Filling, Value
from truebook.pipeline import EMBEDDED
from truebook.pipeline_runbooks import Known, Planner, Reader, known_of, offers_of, pages_in
from truebook.runbooks.blocks import find_blocks
from truebook.runbooks.copying import copyable
from truebook.runbooks.fill import fill
from truebook.runbooks.fill.facts import Facts, Named
from truebook.runbooks.fill.offer import MOST, offer
from truebook.runbooks.fill.write import written
from truebook.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"
BASH = shutil.which("bash")


def block(code: str, language: str = "bash") -> Block:
    (found,) = find_blocks(
        f"````{language}\n{code}\n````\n", path="p.md", extensions=["pymdownx.superfences"], extension_configs={}
    )
    return found


def of(code: str, language: str = "bash") -> Copyable:
    one = block(code, language)
    found = copyable(one, fill(one, inventory=None))
    assert found is not None
    return found


def text(command: tuple[str | Field, ...]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in command)


def texts(found: Copyable) -> list[str]:
    return [text(command) for command in found.commands]


def by_marks(source: str, found: Copyable) -> str:
    """The source without what is marked as left out: what a browser gives for a selection of all of it."""
    lines = [[*list(line), "\n"] for line in source.split("\n")]
    for place, start, end in found.left_out:
        lines[place][start:end] = [""] * (end - start)
    return "".join("".join(line) for line in lines).strip("\n")


CASES = {
    "comments": ("# Sync\nargocd app sync vault\n\n# Watch  \nargocd app wait vault   # all of it\n", 2),
    "a sign that is no comment": ("curl 'http://x/#a' \"#b\" c#d ${#e} # f", 1),
    "a command of several lines": ("kubectl get pods \\\n  -n vault \\\n  -o name # short\necho b", 2),
    "a comment behind a backslash, which the parser refuses": ("echo a \\\n# b\necho c", 1),
    "a heredoc": ("cat <<EOF > /tmp/x # not in it\n# in it\n\n  $(date) # in it too\nEOF\necho b", 2),
    "a loop": ("for x in a b; do\n  # each\n  echo $x # one\n\ndone\n", 1),
    "several on a line": ("echo a; echo b # both\necho c && \\\n echo d", 2),
    "quotes over lines": ("kubectl patch x -p '{\n# json?\n\n}' # yes\necho b", 2),
    "a pipe that goes on": ("kubectl get pods |\n  # only names\n  grep x", 1),
    "letters": ("echo 'äöü — ✓' # ünicode\necho ü # ✓", 2),
}


@pytest.mark.parametrize("code", [code for code, _ in CASES.values()], ids=CASES)
def test_taking_comments_away_changes_nothing_that_bash_does(code: str) -> None:
    assert BASH is not None

    def read(script: str) -> str:
        done = subprocess.run([BASH, "-c", f"f() {{\n{script}\n}}; declare -f f"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    found = of(code)
    copied = "\n".join(texts(found))
    assert read(copied) == read(block(code).script)
    assert by_marks(block(code).source, found) == copied


@pytest.mark.parametrize("name", CASES)
def test_a_command_is_whole(name: str) -> None:
    code, count = CASES[name]
    found = of(code)
    assert len(found.commands) == count
    for words in ("# Sync", "# Watch", "all of it", "short", "each", "only names", "ünicode", "# f"):
        assert words not in "".join(texts(found))
    kept = {"a heredoc": "# in it\n\n  $(date) # in it too", "quotes over lines": "\n# json?\n\n}"}
    assert kept.get(name, "") in texts(found)[0]


def test_prompts_and_output_are_left_out() -> None:
    code = "$ kubectl get pods \\\n>   -n <namespace>\nNAME  READY\nx-0   1/1\n\n$ argocd app get <app-name> # look\nok"
    found = of(code, "console")
    assert texts(found) == ["kubectl get pods \\\n  -n <namespace>", "argocd app get <app-name>"]
    assert found.starts == ((0, 2), (5, 2))
    assert by_marks(code, found) == "\n".join(texts(found))
    assert [(line, start, end) for line, start, end, _ in found.fields] == [(1, 7, 18), (5, 17, 27)]


def test_what_the_parser_does_not_understand_is_one_command_with_all_that_is_in_it() -> None:
    assert texts(of("kubectl get pods # a\nif then ( # b")) == ["kubectl get pods # a\nif then ( # b"]


def test_fields_say_what_they_ask_for_and_what_was_tested() -> None:
    one = block("kubectl get pod/<pod> -n $NS --token=<api-token> -o <format> --as=$API_TOKEN\nNOT=1; echo $NOT")
    values = (
        FilledValue("<pod>", "x-0", "inventory", Evidence("kubernetes", "Pod a/x-0", "metadata.name")),
        FilledValue("$NS", "vault", "inventory"),
        FilledValue("<api-token>", "REDACTED", "--var"),
    )
    found = copyable(one, Filling("", values, ("<format>", "$API_TOKEN"), secrets=("s3cret",)))
    assert found is not None
    fields = {field.text: field for *_, field in found.fields}
    assert list(fields) == ["<pod>", "$NS", "<api-token>", "<format>"]
    assert fields["<pod>"].roles == ("pod",)
    assert (fields["$NS"].key, fields["$NS"].optional, fields["$NS"].value) == ("namespace", True, "vault")
    assert (fields["<api-token>"].secret, fields["<api-token>"].value) == (True, "")
    assert (fields["<format>"].key, fields["<format>"].value, fields["<format>"].roles) == ("format", "", ())


def test_a_block_whose_script_is_not_in_its_source_is_not_copied() -> None:
    one = block("echo a")
    assert copyable(replace(one, script="echo b"), Filling("echo b")) is None
    assert copyable(replace(one, places=()), Filling("echo a")) is None


def test_of_each_block_of_this_site_what_is_copied_is_what_was_tested() -> None:
    """Filled with the values of its run, the copy reads to bash as the script that ran."""
    assert BASH is not None
    settings = pipeline.load_settings(DOCS.parent / "truebook.yml")
    state = pipeline.read_state(settings, EMBEDDED)
    planner = Planner(settings, known_of(state, pipeline.build_inventory(state, settings), given={}, environment={}))
    reader = Reader(Settings())
    pairs = []
    for page in pages_in([DOCS]):
        for planned in planner.page(reader.read(page)):
            found = copyable(planned.block, planned.filling)
            assert found is not None, planned.block.where
            assert by_marks(planned.block.source, found) == "\n".join(texts(found)), planned.block.where
            if planned.filling.missing:
                continue
            filled = "\n".join(
                "".join(part if isinstance(part, str) else written(part.value, part.mode) or "" for part in command)
                for command in found.commands
            )
            pairs.append((planned.block.where, planned.filling.script, filled))
    assert len(pairs) > 80
    functions = "".join(f"a{n}() {{\n{ran}\n}}\nb{n}() {{\n{copied}\n}}\n" for n, (_, ran, copied) in enumerate(pairs))
    show = "".join(f"declare -f a{n}; printf '\\0'; declare -f b{n}; printf '\\0'\n" for n in range(len(pairs)))
    done = subprocess.run([BASH, "-s"], input=functions + show, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = [one.partition("()")[2] for one in done.stdout.split("\0")]
    for n, (where, _, _) in enumerate(pairs):
        assert shown[2 * n], where
        assert shown[2 * n] == shown[2 * n + 1], where


def test_what_is_offered_is_only_what_a_command_can_take() -> None:
    settings = Settings()
    state = pipeline.read_state(settings, EMBEDDED)
    inventory = pipeline.build_inventory(state, settings)
    many = tuple(Named("Pod", "a", f"p{n:04}") for n in range(MOST + 5))
    odd = (Named("Node", "", "<img src=x>"), Named("Node", "", "node-1"))
    vault = inventory.component("vault")
    assert vault is not None
    odd_space = Value("</script>", Evidence("x", "x", "x"))
    lying = replace(vault, values={**vault.values, "namespace": odd_space})
    assert offer({"app"}, replace(inventory, components=(lying,)), Facts()) == {"app": [("vault", "")]}
    found = offer({"app", "pod", "node", "kind:none", "host", ""}, inventory, Facts({"pod": many, "node": odd}))
    assert ("vault", "vault") in found["app"]
    assert len(found["pod"]) == MOST
    assert found["node"] == [("node-1", "")]
    assert any("homelab.local" in host for host, _ in found["host"])
    assert "kind:none" not in found


def test_what_is_offered_is_safe_within_a_script() -> None:
    one = replace(block("kubectl get pods -n <namespace>"))
    spaces = (Named("Namespace", "", "</script>"), Named("Namespace", "", "apps"))
    inventory = pipeline.build_inventory(pipeline.read_state(Settings(), EMBEDDED), Settings())
    copied = copyable(one, fill(one, inventory=None))
    assert copied is not None
    written_out = offers_of(Known(inventory, Facts({"namespace": spaces})), [copied])
    assert json.loads(written_out) == {"namespace": [["apps", ""]]}
    assert offers_of(Known(None), [copied]) == "{}"
