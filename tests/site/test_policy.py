"""The hook that gives pages a Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.site.building import ROOT


@pytest.fixture(scope="module")
def policy() -> ModuleType:
    spec = importlib.util.spec_from_file_location("policy", ROOT / "hooks" / "policy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@pytest.mark.parametrize(
    ("html", "scripts"),
    [
        ("<script>a=1</script>", ["a=1"]),
        ("<SCRIPT type=module>\n a && b\n</SCRIPT >", ["\n a && b\n"]),
        ('<script src="a.js"></script><script>b</script>', ["b"]),
        ('<script type="application/json">{}</script>', []),
        ("<script>'&amp;<b>é'</script>", ["'&amp;<b>é'"]),
        ("<p>&lt;script&gt;x&lt;/script&gt;</p>", []),
    ],
)
def test_finds_the_scripts_that_browsers_run(policy: ModuleType, html: str, scripts: list[str]) -> None:
    assert policy.inline(html) == [sha256(script) for script in scripts]


def test_one_policy_for_all_pages_and_as_a_header(policy: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text('<html><head><meta charset="utf-8"><script>a</script></head></html>')
    (tmp_path / "a" / "b.html").write_text("<html><head><title>t</title></head><script>b</script></html>")
    header = policy.apply(tmp_path)
    assert (tmp_path / policy.FILE).read_text() == f"{header}\n"
    directive = (tmp_path / policy.NGINX).read_text()
    assert directive == f'add_header Content-Security-Policy "{header}" always;\n'
    assert not {"$", "\\"} & set(directive)  # which nginx would read as more than text
    assert f"include /site/{policy.NGINX[:-1]}[f];" in (ROOT / "deploy" / "site" / "nginx.conf").read_text()
    assert f"script-src 'self' {' '.join(sorted(repr('sha256-' + sha256(s)) for s in 'ab'))};" in header
    assert "unsafe-inline" not in header.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'none'" in header
    one, other = (tmp_path / name for name in ("index.html", "a/b.html"))
    meta = '<meta http-equiv="Content-Security-Policy" content="'
    assert one.read_text().startswith(f'<html><head><meta charset="utf-8">{meta}')
    assert other.read_text().startswith(f"<html><head>{meta}")
    cut = [text.read_text().partition(meta)[2].partition('"')[0] for text in (one, other)]
    assert cut[0] == cut[1]
    assert (
        header == f"{cut[0]}; frame-ancestors 'none'"
    )  # a page says the same as its server, but for what only that can
    assert "frame-ancestors" not in cut[0]  # browsers warn of it there


def test_every_page_of_this_site_has_it(site: Path, policy: ModuleType) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.count('http-equiv="Content-Security-Policy"') == 1, page
        assert text.index("Content-Security-Policy") < text.index("<script"), page
        said = text.partition('content="default-src')[2].partition('"')[0]
        assert all(f"'sha256-{digest}'" in said for digest in policy.inline(text)), page
        assert "javascript:" not in text


def test_pages_that_are_served_while_they_are_written_have_none(policy: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<html><head></head></html>")
    config = SimpleNamespace(site_dir=str(tmp_path))
    policy.on_startup(command="serve", dirty=False)
    policy.on_post_build(config)
    assert "Content-Security-Policy" not in page.read_text()
    policy.on_startup(command="build", dirty=False)
    policy.on_post_build(config)
    assert "Content-Security-Policy" in page.read_text()


def test_no_page_names_a_path_of_the_machine_that_built_it(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert str(ROOT) not in page.read_text(encoding="utf-8"), page
