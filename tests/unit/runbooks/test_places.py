"""Whatever a value holds: bash takes it for that text where its placeholder stands, or it is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from truebook.model import Field
from truebook.runbooks.blocks import find_blocks
from truebook.runbooks.copying import copyable
from truebook.runbooks.fill import Variables, fill
from truebook.runbooks.fill.facts import is_safe
from truebook.runbooks.fill.scan import shouted, tokens
from truebook.runbooks.fill.write import written

BASH = shutil.which("bash") or "bash"

# Each prints the value, in a line of its own between brackets.
PLACES = {
    "bare": "printf '[%s]\\n' <x>",
    "in a word": "printf '%s\\n' '['<x>']'",
    "double": 'printf "%s\\n" "[<x>]"',
    "single": "printf '%s\\n' '[<x>]'",
    "heredoc": "cat <<EOF\n[<x>]\nEOF",
    "a heredoc that is literal": "cat <<'EOF'\n[<x>]\nEOF",
    "a heredoc whose word is quoted in part": "cat <<-E\\OF\n[<x>]\nEOF",
    "a command within double quotes": 'printf "%s\\n" "[$(printf %s <x>)]"',
    "quotes within a command within quotes": 'printf "%s\\n" "[$(printf %s "<x>")]"',
    "backticks": "printf '[%s]\\n' `printf %s <x>`",
    "backticks within quotes": 'printf "%s\\n" "[`printf %s <x>`]"',
    "quotes within backticks": "printf '[%s]\\n' `printf %s '<x>'`",
    "after backticks": "A=`true` printf '[%s]\\n' <x>",
    "ANSI-C quotes": "printf '%s\\n' $'[<x>]'",
    "after ANSI-C quotes": "A=$'\\'' printf '%s\\n' \"[<x>]\"",
    "behind a dollar": "printf '[%s]\\n' \"$<x>\"",
    "behind a bare dollar": "printf '[%s]\\n' $<x>",
    "behind a dollar in a heredoc": "cat <<EOF\n[$<x>]\nEOF",
    "a default": 'printf "%s\\n" "[${NOT_SET:-<x>}]"',
    "arithmetic": 'printf "[%s]\\n" $(( <x> ))',
    "arithmetic within quotes": 'printf "[%s]\\n" "$(( <x> + 0 ))"',
    "a shell within": "bash -c 'printf \"[%s]\\n\" <x>'",
    "a shell within double quotes": "bash -c \"printf '[%s]\\n' <x>\"",
    "a shell within, behind a command": 'bash -c "$(true; true)"\'printf "[%s]\\n" <x>\'',
    "an argument of a shell within": "bash -c 'eval \"echo [$1]\"' _ <x>",
    "eval": "eval printf '[%s]' <x>",
    "a heredoc for a shell": "bash <<'EOF'\nprintf '[%s]\\n' <x>\nEOF",
    "a heredoc that goes to a shell": "cat <<EOF | bash\nprintf '[%s]\\n' <x>\nEOF",
    "a heredoc that goes to a shell behind it": "cat <<EOF |\nprintf '[%s]\\n' <x>\nEOF\nbash",
    "a command within a heredoc": "cat <<EOF\n[$(printf %s <x>)]\nEOF",
    "a command over lines within a heredoc": "cat <<EOF\n[$(\nprintf %s <x>\n)]\nEOF",
    "backticks within a heredoc": "cat <<EOF\n[`printf %s <x>`]\nEOF",
    "case within quotes": 'printf "%s\\n" "[$(case a in a) printf %s <x>;; esac)]"',
    "alone in a heredoc": "cat <<EOF\n[\n<x>\n]\nEOF",
    "in parts in a heredoc": "cat <<EOF\n[\n<x><x>\n]\nEOF",
    "a program that reads code": "awk 'BEGIN { print \"[<x>]\" }'",
}
CANARY = "touch harmed"
VALUES = [
    "vault",
    "a b",
    f"a; {CANARY}",
    f"$({CANARY})",
    f"({CANARY})",
    f"`{CANARY}`",
    f"'; {CANARY}; '",
    f'"; {CANARY}; "',
    f"\\'; {CANARY}; #",
    f'\\"; {CANARY}; #',
    f"'\"'\"'; {CANARY}; #",
    f"a[$({CANARY})]",
    f"}}; {CANARY}; #",
    f") ; {CANARY}; (",
    f'"); system("{CANARY}"); print("',
    "EOF",
    "E",
    "OF",
    "~",
    "*",
    "!!",
    "a!b",
    "\\",
    "a\\nb",
    "{a,b}",
    "é —",
    "-n",
    "<x>",
    "&&",
    "#c",
]


def filled(place: str, value: str) -> str | None:
    """The copy of a block with the one value in it; None where it is refused."""
    (block,) = find_blocks(
        f"````bash\n{place}\n````\n", path="p.md", extensions=["pymdownx.superfences"], extension_configs={}
    )
    copied = copyable(block, fill(block, inventory=None))
    assert copied is not None
    parts = [part for command in copied.commands for part in (*command, "\n")]
    texts = [part if isinstance(part, str) else written(value, part.mode, part.until) for part in parts]
    return None if None in texts else "".join(text or "" for text in texts)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_value_is_that_text_or_refused(place: str, tmp_path: Path) -> None:
    scripts = {value: script for value in VALUES if (script := filled(place, value)) is not None}
    assert "vault" in scripts
    # The engine fills what is copied, and refuses what is not.
    for value in VALUES:
        engine = fill(
            find_blocks(
                f"````bash\n{place}\n````\n", path="p.md", extensions=["pymdownx.superfences"], extension_configs={}
            )[0],
            inventory=None,
            variables=Variables((("--var", {"x": value}),)),
        )
        assert (f"{engine.script}\n" if not engine.missing else None) == scripts.get(value)
    together = "printf '\\0'\n".join(scripts.values())
    done = subprocess.run([BASH, "--norc", "-c", together], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert not (tmp_path / "harmed").exists()
    if "$((" in place or "$<" in place:  # there it is the name of a variable
        assert all(map(is_safe, scripts))
        return
    shown = [one.replace("\n", "") for one in done.stdout.split("\0")]
    assert shown == [f"[{value * place.count('<x>')}]" for value in scripts], done.stderr


def test_most_values_fit_in_most_places() -> None:
    for place in ("bare", "double", "single", "heredoc", "a command within double quotes", "after ANSI-C quotes"):
        assert [value for value in VALUES if filled(PLACES[place], value) is None] in ([], ["EOF", "E", "OF"])


def test_a_history_is_not_asked(tmp_path: Path) -> None:
    """A shell that someone types into puts older commands in place of `!`."""
    for place in ("bare", "double", "single"):
        script = filled(PLACES[place], "a!touch b!!")
        assert script is not None
        done = subprocess.run(
            [BASH, "--norc", "--noprofile", "-i"],
            input=f"{CANARY}\n{script}exit\n",
            cwd=tmp_path,
            env={"PS1": "", "HISTFILE": str(tmp_path / "history")},
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert "[a!touch b!!]" in done.stdout, (place, done.stdout, done.stderr)


def test_a_program_that_takes_no_code_leaves_quotes_as_they_are() -> None:
    script = (
        "kubectl exec <a> -- sh -c 'ls <b>'; kubectl get <c> -l \"x=<d>\" | grep <e>\n"
        "echo bash <f> .sh <g>\nkubectl get node --watch -l <h>; node -e <i>"
    )
    assert {token.text: token.mode for token in tokens(script)} == {
        "<a>": "bare",
        "<b>": "plain",
        "<c>": "bare",
        "<d>": "double",
        "<e>": "bare",
        "<f>": "plain",
        "<g>": "plain",
        "<h>": "bare",
        "<i>": "plain",
    }


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("vault login YOUR_TOKEN", [("YOUR_TOKEN", "bare")]),
        ("argocd app get 'YOUR_APP' \"MY_APP\"", [("YOUR_APP", "single"), ("MY_APP", "double")]),
        ("cat <<EOF\nCHANGEME\nEOF", [("CHANGEME", "heredoc")]),
        ("x your-token-here change-me CHANGE_ME", [("your-token-here", "bare"), ("CHANGE_ME", "bare")]),
        ("echo a # for YOUR_APP", []),
        ("MY_POD=$(x); echo ${MY_POD} $MY_POD", []),
        ("echo ${MY_POD}", []),
        ("cat /etc/YOUR_FILE ./YOUR_FILE NAMESPACE {namespace} [name]", []),
        ("echo <YOUR_APP> <your MY_APP>", []),
        ("ssh h YOUR_APP", [("YOUR_APP", "plain")]),
    ],
)
def test_shouted_placeholders_are_found_where_bash_reads_them(script: str, found: list[tuple[str, str]]) -> None:
    assert [(token.text, token.mode) for token in shouted(script)] == found
    (block,) = find_blocks(f"```bash\n{script}\n```\n", path="p.md", extensions=["fenced_code"], extension_configs={})
    filling = fill(block, inventory=None)
    assert [text for text in filling.missing if "<" not in text and "$" not in text] == [text for text, _ in found]
    copied = copyable(block, filling)
    assert copied is not None
    ours = [field for *_, field in copied.fields if not field.text.startswith(("<", "$"))]
    assert [(field.text, field.mode) for field in ours] == found


def test_a_shouted_field_means_what_one_with_marks_does() -> None:
    (block,) = find_blocks(
        "```bash\necho your-app-name your-domain-here\n"
        "kubectl get deployment YOUR_NAME -n YOUR_NAMESPACE --token MY_TOKEN -l a=CHANGEME\n```\n",
        path="p.md",
        extensions=["fenced_code"],
        extension_configs={},
    )
    copied = copyable(block, fill(block, inventory=None))
    assert copied is not None
    fields = {field.text: field for *_, field in copied.fields}
    assert fields["YOUR_NAMESPACE"] == Field("YOUR_NAMESPACE", "namespace", "bare", ("namespace",))
    assert fields["YOUR_NAME"].roles == ("deployment",)
    assert [fields[text].key for text in ("MY_TOKEN", "your-app-name", "your-domain-here")] == ["token", "app", "host"]
    assert (fields["MY_TOKEN"].secret, fields["CHANGEME"].secret) == (True, True)
    assert not fields["YOUR_NAME"].optional
