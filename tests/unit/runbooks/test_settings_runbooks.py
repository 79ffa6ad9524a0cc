"""The section `runbooks` of truebook.yml."""

from __future__ import annotations

from pathlib import Path

import pytest

from truebook.errors import ConfigError
from truebook.settings import RunbookSettings, Settings, load


def test_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "truebook.yml"
    path.write_text(
        "runbooks:\n  enabled: false\n  policy: off\n  timeout: 2m\n  aliases: {k: kubectl, kx: kubectl -n x}\n"
        "  values: {app-name: vault, count: 3}\n  environment: [CLUSTER]\n"
        "  require_policy: true\n"
    )
    assert load(path).runbooks == RunbookSettings(
        False,
        "off",
        120.0,
        {"k": "kubectl", "kx": "kubectl -n x"},
        {"app-name": "vault", "count": "3"},
        ("CLUSTER",),
        require_policy=True,
    )


def test_none_of_it() -> None:
    assert Settings().runbooks == RunbookSettings(True, "run", 30.0, {}, {}, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("polcy: run", "runbooks: unknown key 'polcy' (did you mean 'policy'?)"),
        ("policy: ran", "runbooks: policy: 'ran' is no policy (did you mean 'run'?)"),
        ("policy: [run]", "runbooks: policy: '' is no policy (known: run, list, off)"),
        ("timeout: 30", "runbooks: timeout: '30' is not a duration"),
        ("aliases: {'a b': c}", "runbooks: aliases: 'a b' is not a word that a command starts with"),
        ("aliases: x", "runbooks: aliases: must be a mapping"),
        ("values: {a: [b]}", "runbooks: values: a: must be one word or sentence"),
        ("environment: ['a-b']", "runbooks: environment[1]: is not the name of a variable"),
        ("enabled: maybe", "runbooks: enabled: must be true or false"),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "truebook.yml"
    path.write_text(f"runbooks:\n  {text}\n")
    with pytest.raises(ConfigError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}:2: {message}")
