"""What a page says, as data: regions, the author's own tables and flowcharts, claims, ignores, anchors, checksums."""

from __future__ import annotations

import re

import pytest

from truebook.errors import RegionError
from truebook.findings import PageStatements, Statement
from truebook.model import Component, Evidence, Inventory, Relation, SourceStatus, Value
from truebook.pages import regions, statements
from truebook.pages.claims import anchors, claims
from truebook.pages.ignores import ignores

HERE = Evidence("kubernetes", "Ingress vault/vault", "spec.rules[0].host")


def component(name: str, title: str, group: str, **values: object) -> Component:
    return Component(name, title, group, {key: Value(value, HERE) for key, value in values.items()})  # type: ignore[arg-type]


VAULT = component(
    "vault", "Vault", "Security", purpose="Secrets", url="https://vault.homelab.local", page="vault.md",
    version="1.21.1", ready=1, desired=1,
)  # fmt: skip
AUTH = component("auth", "Authentik", "Security", purpose="Login", url="https://auth.homelab.local")
LIVE = Inventory(
    "homelab",
    "v1.36.3",
    "2026-11-24T05:30:00Z",
    "a test",
    (VAULT, AUTH),
    (Relation("auth", "vault", "SSO", "sso", HERE),),
    (SourceStatus("kubernetes", "fresh"),),
)

TABLE = """\
# Operations

<!-- BEGIN truebook:components group=Security columns=component,purpose,url -->
| Component | Purpose | URL | Owner |
|-----------|---------|-----|-------|
| [Vault](vault.md) | Secrets | [vault.homelab.local](https://vault.homelab.local) | *Kim* |
| Redis | Cache | - | - |
<!-- END truebook -->

Version <!-- BEGIN truebook:value vault.version -->1.20.0<!-- END truebook --> runs.
"""


def page(
    markdown: str, *, own: bool = False, live: Inventory = LIVE, declared: Inventory | None = None
) -> PageStatements:
    return statements.page(
        markdown, path="docs/x.md", name="x.md", live=live, declared=declared, page_url=lambda name: name,
        domains=("homelab.local",), own=own,
    )  # fmt: skip


def test_a_table_says_rows_and_cells_with_their_lines() -> None:
    region, value = page(TABLE).regions
    assert (region.view, region.line, region.end_line, region.edited) == ("components", 3, 8, False)
    assert region.documented == (
        Statement("row", 6, "Vault", text="vault.md"),
        Statement("cell", 6, "Vault", "Purpose", "Secrets"),
        Statement("cell", 6, "Vault", "URL", "vault.homelab.local"),
        Statement("cell", 6, "Vault", "Owner", "Kim"),
        Statement("row", 7, "Redis"),
        Statement("cell", 7, "Redis", "Purpose", "Cache"),
        Statement("cell", 7, "Redis", "URL", "-"),
        Statement("cell", 7, "Redis", "Owner", "-"),
    )
    assert {one.subject for one in region.live} == {"Vault", "Authentik"}
    assert {one.key for one in region.live} == {"", "Purpose", "URL"}  # neither the author's column nor row
    assert (value.documented, value.live[0].text) == (
        (Statement("value", 10, "vault.version", text="1.20.0"),),
        "1.21.1",
    )


def test_a_diagram_says_nodes_and_arrows_with_their_lines() -> None:
    text = (
        "<!-- BEGIN truebook:stack groups=Security -->\n```mermaid\nflowchart LR\n    subgraph g1[\"Security\"]\n"
        "        n1[\"Vault\"]\n    end\n    n1 --> n2[\"Redis\"]\n```\n<!-- END truebook -->\n"
    )  # fmt: skip
    (region,) = page(text).regions
    assert region.documented == (
        Statement("node", 5, "Vault", text="Security"),
        Statement("node", 7, "Redis"),
        Statement("arrow", 7, "Vault -> Redis"),
    )
    assert Statement("arrow", region.live[-1].line, "Authentik -> Vault", text="SSO") == region.live[-1]


def test_a_link_whose_target_its_text_does_not_say_is_told_with_it() -> None:
    text = TABLE.replace("(https://vault.homelab.local)", "(https://evil.homelab.local)")
    said = page(text).regions[0].documented
    assert said[2].text == "vault.homelab.local (https://evil.homelab.local)"


def test_a_region_that_cannot_be_filled_says_why() -> None:
    (region,) = page("<!-- BEGIN truebook:value nobody.url -->x<!-- END truebook -->\n").regions
    assert "unknown component 'nobody'" in region.error


def test_broken_markers_are_an_error_of_the_page() -> None:
    with pytest.raises(RegionError, match=r"docs/x\.md:1: the region has no END"):
        page("<!-- BEGIN truebook:stack -->\n")


def test_the_authors_own_tables_and_diagrams_are_read_where_asked() -> None:
    text = (
        TABLE + "\n| Service | Address |\n|---|---|\n| Vault | vault.homelab.local |\n\n"
        "=== \"Tab\"\n\n    ```mermaid\n    flowchart LR\n      v[Vault] --> r[Redis]\n    ```\n\n"
        "```text\n| not | a table |\n|---|---|\n```\n"
    )  # fmt: skip
    assert [region.own for region in page(text).regions] == [False, False]
    _, _, table, diagram = page(text, own=True).regions
    assert (table.view, table.line, table.end_line, table.own) == ("table", 12, 14, True)
    assert table.documented[1] == Statement("cell", 14, "Vault", "Address", "vault.homelab.local")
    assert (diagram.view, diagram.line, diagram.end_line) == ("diagram", 18, 21)
    assert diagram.documented[-1] == Statement("arrow", 20, "Vault -> Redis")


# Claims


@pytest.mark.parametrize(
    ("line", "hosts"),
    [
        ("See https://vault.homelab.local/ui.", ["vault.homelab.local"]),
        ("`curl -s https://Vault.Homelab.local:8200/x`", ["vault.homelab.local"]),
        ("mail kim@homelab.local or kim@mail.homelab.local", []),
        ("homelab.local itself", []),
        ("a.b.homelab.local, c.homelab.local.", ["a.b.homelab.local", "c.homelab.local"]),
        ("vault.homelab.local.example.com", []),
        ("*.homelab.local and <app>.homelab.local and ${x}.homelab.local", []),
        ("xvault.homelab.localhost", []),
        ("vault.other.example", []),
    ],
)
def test_hosts(line: str, hosts: list[str]) -> None:
    assert [claim.subject for claim in claims(line, ["homelab.local"]) if claim.kind == "host"] == hosts


def test_hosts_count_in_code_and_names_do_not() -> None:
    text = "```bash\ncurl vault.homelab.local # namespace `x`\n```\nnamespace `vault`\n"
    found = list(claims(text, ["homelab.local"]))
    assert found == [Statement("host", 2, "vault.homelab.local"), Statement("name", 4, "vault", "namespace")]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("the namespace `vault`", ["namespace vault"]),
        ("in the `vault` namespace and the `grafana` Deployment", ["namespace vault", "deployment grafana"]),
        ("`deployment/grafana` and `pod/x`", ["deployment grafana"]),
        ("the Application `root`", ["application root"]),
        ("namespace `<namespace>` and the app `$APP`", []),
        ("`vault` and `vault status`", []),
    ],
)
def test_names(line: str, names: list[str]) -> None:
    assert [f"{claim.key} {claim.subject}" for claim in claims(line, [])] == names


def test_claims_within_regions_are_the_engines() -> None:
    assert [claim.subject for claim in page(TABLE + "https://x.homelab.local\n").claims] == ["x.homelab.local"]


def test_anchors_are_those_that_the_site_makes() -> None:
    text = (
        "# Is it *well*?\n## `kubectl` & co\n## Same\n## Same\n## Own {#mine .x}\nUnder\n-----\n"
        '<a id="html"></a>\n## A [link](x.md)\n```\n# not one\n```\n## snake_case name\n'
    )
    found = anchors(text)
    from markdown import Markdown

    built = Markdown(extensions=["toc", "attr_list", "fenced_code"]).convert(text)
    assert found == frozenset(re.findall(r'id="([^"]+)"', built))
    assert {"mine", "same", "same_1", "html", "is-it-well"} <= found


# Ignores


def test_an_ignore_has_its_page_and_line() -> None:
    text = 'x\n<!-- truebook:ignore rule=cell-differs subject="Vault.*" reason="renamed" until=2026-12-31 -->\n'
    (found,) = ignores(text, path="docs/x.md")
    assert (found.rule, found.page, found.subject, found.reason, found.until, found.line) == (
        "cell-differs", "docs/x.md", "Vault.*", "renamed", "2026-12-31", 2,
    )  # fmt: skip


def test_an_ignore_in_code_is_an_example() -> None:
    text = "`<!-- truebook:ignore reason=x -->`\n\n```\n<!-- truebook:ignore reason=x -->\n```\n"
    assert not list(ignores(text, path="x.md"))


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("rule=x", "gives no reason"),
        ("reason=x page=y", "has no 'page'"),
        ("reason=x word", "has no 'word'"),
        ('reason="x', "check its quotes"),
        ("reason=x until=soon", "'soon' is not a day"),
        ("reason=x until=2026-02-30", "'2026-02-30' is not a day"),
    ],
)
def test_a_wrong_ignore_is_told_with_its_line(rest: str, said: str) -> None:
    with pytest.raises(RegionError, match=re.escape(said)) as caught:
        list(ignores(f"\n<!-- truebook:ignore {rest} -->", path="docs/x.md"))
    assert str(caught.value).startswith("docs/x.md:2: ")


# Checksums and updates


def sealed(markdown: str) -> str:
    return statements.sealed(markdown, path="docs/x.md", inventory=LIVE, page_url=lambda name: name)


def test_an_update_fills_what_is_stable_and_leaves_the_rest_byte_for_byte() -> None:
    done = sealed(TABLE)
    assert "| Authentik | Login | [auth.homelab.local](https://auth.homelab.local) |  |" in done
    assert "| *Kim* |" in done
    assert "-->1.21.1<!-- END truebook -->" in done
    assert re.search(r"<!-- END truebook checksum=[0-9a-f]{12} -->\n\nVersion", done)
    assert done.startswith(TABLE[: TABLE.index("| Component")].rstrip("\n") + "\n")
    assert done.endswith(" runs.\n")


def test_a_second_update_changes_nothing() -> None:
    once = sealed(TABLE)
    assert sealed(once) == once


def test_line_ends_and_indentation_are_kept() -> None:
    text = (
        '\ufeffa  \r\n=== "Tab"\r\n\r\n    <!-- BEGIN truebook:components group=Security -->\r\n'
        "    <!-- END truebook -->\r\n\tb"
    )
    done = sealed(text)
    assert done.startswith('\ufeffa  \r\n=== "Tab"\r\n\r\n    <!-- BEGIN')
    assert done.endswith(" -->\r\n\tb")
    assert "\n" not in done.replace("\r\n", "")
    assert sealed(done) == done


def test_an_edit_by_hand_shows_and_a_column_of_the_authors_does_not() -> None:
    once = sealed(TABLE)
    assert not page(once).regions[0].edited
    assert not page(once.replace("*Kim*", "Robin")).regions[0].edited
    assert not page(once.replace("| Secrets |", "|   Secrets  |")).regions[0].edited
    assert page(once.replace("| Secrets |", "| Passwords |")).regions[0].edited


def test_a_region_without_a_checksum_was_not_edited() -> None:
    assert not page(TABLE.replace("Secrets", "Passwords")).regions[0].edited


def test_values_that_change_by_themselves_are_committed_only_where_somebody_did() -> None:
    text = "<!-- BEGIN truebook:value vault.ready -->{}<!-- END truebook -->"
    assert sealed(text.format("—")) == text.format("—")
    assert sealed(text.format("7")) == text.format("1")


def test_what_the_engine_would_write_does_not_depend_on_what_stands_there() -> None:
    (region, _) = regions.parse(TABLE, path="x.md")
    body = regions.expected(region, inventory=LIVE, page_url=lambda name: name)
    assert "Kim" not in body
    assert "Redis" not in body
