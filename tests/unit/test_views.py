"""What regions are filled with."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.unit.pages_sample import COMMIT, SAMPLE, arrow, component, inventory, page_url
from truebook.model import Inventory, SourceStatus
from truebook.pages import regions, tables
from truebook.pages.views import VIEWS, status

END = "<!-- END truebook -->"


def filled(marker: str, body: str = "", *, of: Inventory = SAMPLE, live: bool = True) -> str:
    """The text between the markers, without the blank lines of a build."""
    text = f"<!-- BEGIN truebook:{marker} -->\n{body}{END}\n"
    if VIEWS[marker.split()[0]].inline:
        text = text.replace("\n", "")
    found = regions.fill(text, path="a.md", inventory=of, page_url=page_url, live=live)
    return re.sub(r"^<!-- BEGIN .*? -->|<!-- END truebook -->\n?$", "", found).strip("\n")


# --- components


def test_a_table_of_components() -> None:
    assert filled("components group=GitOps live=version,status") == (
        "| Component | Purpose | URL | Version | Status |\n"
        "|-----------|---------|-----|---------|--------|\n"
        "| GitHub | — | — | — | — |\n"
        "| [ArgoCD](argocd.md) | Continuous delivery | [argocd.homelab.local](https://argocd.homelab.local) | "
        '<span class="truebook-version">v3.6.1</span> | '
        '<span class="truebook-status truebook-status--healthy">Healthy</span> |'
    )


def test_what_is_committed_has_stable_columns_only() -> None:
    assert filled("components group=Backup columns=component,purpose,storage live=status,ready", live=False) == (
        "| Component | Purpose | Storage |\n"
        "|-----------|---------|---------|\n"
        "| Velero | Cluster backup | MinIO S3 |\n"
        "| MinIO | — | — |"
    )


def test_columns_of_the_author_stay_with_their_row_and_their_place() -> None:
    body = (
        "| Component | Owner | Purpose | Notes |\n"
        "|:----------|:-----:|---------|-------|\n"
        "| [MinIO](minio.md) | **Ann** `a|b` | wrong | x \\| y |\n"
        "| velero | Bob | Cluster backup |\n"
    )
    assert filled("components group=Backup live=status", body) == (
        "| Component | Owner | Purpose | Notes | URL | Status |\n"
        "|:----------|:-----:|---------|-------|-----|--------|\n"
        "| Velero | Bob | Cluster backup |  | — | "
        '<span class="truebook-status truebook-status--unknown">Unknown</span> |\n'
        "| MinIO | **Ann** `a|b` | — | x \\| y | — | "
        '<span class="truebook-status truebook-status--suspended">Scaled to zero</span> |'
    )


def test_a_row_is_found_by_its_link_when_its_text_has_changed() -> None:
    body = "| Component | Owner |\n|---|---|\n| [HashiCorp Vault](vault.md#unseal) | Ann |\n"
    assert filled("components group=Security columns=component", body, live=False).endswith(
        "| [Vault](vault.md) | Ann |"
    )


def test_a_row_of_no_known_component_stays_and_says_so_in_a_build() -> None:
    body = (
        "| Component | Purpose | Owner |\n|---|---|---|\n"
        "| [Router](router.md) | the box | Ann |\n| ArgoCD | x | Bob |\n"
    )
    assert filled("components group=Security live=status", body).splitlines()[-1] == (
        '| [Router](router.md) <span class="truebook-status truebook-status--missing">Not found</span> '
        "| the box | Ann | — | — |"
    )
    committed = filled("components group=Security", body, live=False)
    assert committed.splitlines()[-1] == "| [Router](router.md) | the box | Ann | — |"
    assert "ArgoCD" not in committed  # known, of another group: its row is in that group's table
    assert filled("components group=Security", committed + "\n", live=False) == committed


def test_a_value_that_the_catalog_adds_is_a_column_too() -> None:
    found = inventory(component("nas", "NAS", "Backup", rack_unit="7"))
    assert (
        filled("components columns=component,rack_unit", of=found)
        == "| Component | Rack unit |\n|-----------|-----------|\n| NAS | 7 |"
    )


@pytest.mark.parametrize(
    ("column", "values", "cell"),
    [
        ("revision", {"revision": COMMIT, "revision_url": "https://g/c"}, "[0123456](https://g/c)"),
        ("revision", {"revision": "1.2.3"}, "1.2.3"),
        ("revision", {"revision": COMMIT, "revision_url": "javascript:x"}, "0123456"),
        ("branch_head", {"branch_head": COMMIT}, "0123456"),
        ("url", {"url": "https://x.example/ui"}, "[x.example/ui](https://x.example/ui)"),
        ("url", {"url": "javascript:alert(1)"}, "javascript:alert(1)"),
        ("urls", {"urls": ("https://a", "https://b")}, "[a](https://a), [b](https://b)"),
        ("ready", {"ready": 2, "desired": 3}, "2 of 3"),
        ("ready", {"ready": 0, "desired": 0}, "0 of 0"),
        ("images", {"images": tuple(f"i{n}" for n in range(10))}, "i0, i1, i2, i3, i4, i5, i6, i7, … and 2 more"),
        ("sync", {"sync": "OutOfSync"}, '<span class="truebook-status truebook-status--outofsync">OutOfSync</span>'),
        ("health", {}, "—"),
        ("purpose", {"purpose": "a | b\n<b>"}, "a &#124; b &#60;b&#62;"),
    ],
)
def test_how_a_value_is_written(column: str, values: dict[str, str], cell: str) -> None:
    found = filled(f"components columns=component live={column}", of=inventory(component("x", "X", "G", **values)))
    assert found.splitlines()[-1] == f"| X | {cell} |"


@pytest.mark.parametrize(
    ("values", "word", "kind"),
    [
        ({}, "Unknown", "unknown"),
        ({"health": "Healthy"}, "Healthy", "healthy"),
        ({"health": "Degraded", "ready": 1, "desired": 1}, "Degraded", "degraded"),
        ({"health": "Healthy", "ready": 0, "desired": 0}, "Scaled to zero", "suspended"),
        ({"health": "Healthy", "ready": 0, "desired": 2}, "Not ready", "degraded"),
        ({"health": "Healthy", "ready": 1, "desired": 2}, "Partly ready", "progressing"),
        ({"ready": 2, "desired": 2}, "Healthy", "healthy"),
        ({"health": "Unknown", "ready": 2, "desired": 2}, "Healthy", "healthy"),
        ({"health": "Sleepy"}, "Sleepy", "unknown"),
    ],
)
def test_status_is_the_worse_of_what_argocd_and_the_pods_say(
    values: dict[str, str | int], word: str, kind: str
) -> None:
    assert status.of(component("x", "X", "G", **values)) == status.Status(word, kind)


NOTHING = "Nothing to draw: no component of these groups is known."
BLIND = replace(SAMPLE, components=(), relations=(), sources=(SourceStatus("kubernetes", "failed", "refused"),))


def test_a_group_that_is_gone_shows_what_was_documented() -> None:
    body = "| Component | Purpose |\n|---|---|\n| Jellyfin | Films |\n"
    found = filled("components group=Media live=status", body)
    assert found.splitlines()[-1].startswith("| Jellyfin <span")
    assert "Not found" in found
    assert filled("stack groups=Media", '    subgraph g1["Media"]\n') == NOTHING


def test_nothing_is_wrong_with_a_page_when_a_source_is_down() -> None:
    assert filled("components group=Security", of=BLIND).count("\n") == 1
    assert filled("stack groups=Security", of=BLIND) == NOTHING
    assert filled("value vault.version", of=BLIND) == "—"
    assert filled("value vault.title", of=BLIND) == "vault"


# --- value


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("argocd.version", "v3.6.1"),
        ("argocd.title", "ArgoCD"),
        ("argocd.ready", "7"),
        ("argocd.url", "[argocd.homelab.local](https://argocd.homelab.local)"),
        ("argocd.component", "[ArgoCD](argocd.md)"),
        ("vault.version", "—"),
        ("minio.ready", "0"),
    ],
)
def test_values_in_prose(name: str, shown: str) -> None:
    assert filled(f"value {name}") == shown


# --- stack


def test_the_stack_is_drawn() -> None:
    found = filled("stack")
    assert found.partition("\n\n<span")[0] == (
        "```mermaid\n"
        "flowchart LR\n"
        '    subgraph g1["GitOps"]\n'
        '        n1(["GitHub"])\n'
        '        n2["ArgoCD"]\n'
        "    end\n"
        '    subgraph g2["Security"]\n'
        '        n3["Vault<br>Degraded"]\n'
        "    end\n"
        '    subgraph g3["Backup"]\n'
        '        n4["Velero<br>Unknown"]\n'
        '        n5[("MinIO<br>Scaled to zero")]\n'
        "    end\n"
        "    n1 --> n2\n"
        '    n2 -->|"deploys"| n3 & n4\n'
        '    n4 -.->|"stores in"| n5\n'
        "    class n2 healthy\n"
        "    class n3 degraded\n"
        "    class n5 suspended\n"
        "    class n4 unknown\n"
        '    click n2 href "argocd.md"\n'
        '    click n3 href "vault.md"\n'
        "```"
    )


def test_the_stack_has_a_legend_and_its_evidence_in_words() -> None:
    found = filled("stack")
    legend = found.partition('<span class="truebook-legend">')[2].partition("\n")[0]
    for words in ("Healthy", "Degraded", "Scaled to zero", "Unknown", "outside of the cluster", "Cylinder", "Dashed"):
        assert words in legend
    entries = re.findall(r"<li[^>]*>(.*?)</li>", found)
    assert re.findall(r'data-arrow="(.*?)"', found) == ["n1-n2", "n2-n3", "n2-n4", "n4-n5"]  # by the diagram's ids
    assert [re.sub(r"<[^>]*>", "", entry) for entry in entries] == [
        "GitHub → ArgoCD: Application argocd/vault status.health.status",
        "ArgoCD → Vault (deploys): Application argocd/vault status.health.status",
        "ArgoCD → Velero (deploys): Application argocd/vault status.health.status",
        "Velero → MinIO (stores in): stated in Application argocd/vault status.health.status",
    ]


def test_the_committed_stack_has_nothing_that_changes_by_itself() -> None:
    found = filled("stack direction=TB groups=GitOps,backup", live=False)
    assert found.startswith("```mermaid\nflowchart TB\n")
    assert "Vault" not in found
    for word in ("class", "click", "<br>", "Legend", "details"):
        assert word not in found


def test_others_are_drawn_only_where_an_arrow_leads_to_them() -> None:
    assert "Blog" not in filled("stack")
    found = filled("stack", of=replace(SAMPLE, relations=(arrow("argocd", "blog"),)))
    assert 'n6["Blog<br>Unknown"]' in found
    assert "Other" not in found


def test_the_built_url_is_for_the_diagram() -> None:
    text = f"<!-- BEGIN truebook:stack -->\n{END}\n\n<!-- BEGIN truebook:value argocd.component -->x{END}\n"
    found = regions.fill(
        text, path="a.md", inventory=SAMPLE, page_url=page_url, built_url=lambda page: f'../{page[:-3]}.html"];x'
    )
    assert 'click n2 href "../argocd.html%22%5D%3Bx"' in found
    assert "[ArgoCD](argocd.md)" in found


HOSTILE = 'end"] --> x\n    click n1 "javascript:alert(1)" %%{init: {}}%% `a` <script>#quot;|'


def test_hostile_names_draw_the_same_diagram() -> None:
    def named(title: str) -> str:
        first, second = component("a", title, title), component("b", title, title)
        return filled("stack", of=inventory(first, second, relations=(arrow("a", "b", title),)))

    def bare(text: str) -> list[str]:
        diagram = text.partition("```mermaid\n")[2].partition("\n```")[0]
        return [re.sub(r'"[^"]*"', '""', line) for line in diagram.splitlines()]

    assert bare(named(HOSTILE)) == bare(named("Vault"))


def test_a_large_stack_is_an_overview_and_a_diagram_for_each_group() -> None:
    first = [component(f"a{n}", f"A{n}", "Many") for n in range(400)]
    second = [component(f"b{n}", f"B{n}", "Few", health="Degraded") for n in range(3)]
    relations = tuple(arrow("b0", c.name) for c in [*first, *second[1:]]) + tuple(
        arrow("a0", f"a{n}", "x") for n in range(60)
    )
    found = filled("stack", of=inventory(*first, *second, relations=relations))
    titles = re.findall(r"^\*\*(.*)\*\*$", found, re.MULTILINE)
    assert titles == ["Overview", "Many", "Few"]
    overview = found.partition("```mermaid\n")[2].partition("```")[0]
    assert 'n1["Many (400)<br>Unknown"]' in overview
    assert 'n2["Few (3)<br>Degraded"]' in overview
    assert re.findall(r"n\d+ -->.*", overview) == ["n2 --> n1"]
    for diagram in re.findall(r"```mermaid\n(.*?)```", found, re.DOTALL):
        assert len(diagram) < 50_000


def test_a_group_that_is_too_large_is_named_and_not_drawn() -> None:
    many = [component(f"c{n}", f"A component with quite a long name, number {n:04}", "Many") for n in range(1200)]
    found = filled("stack", of=inventory(*many, component("x", "X", "Few")))
    assert "Too large to be drawn: Many (1200)." in found
    assert found.count("```mermaid") == 2


# --- tables


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| a | b |", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("| a |  |", ["a", ""]),
        (r"| a \| b | `c | d` |", [r"a \| b", "`c | d`"]),
        ("| ``a ` | b`` | c |", ["``a ` | b``", "c"]),
        ("| a ` b | c |", ["a ` b", "c"]),
        ("|", [""]),
    ],
)
def test_cells_of_a_line(line: str, cells: list[str]) -> None:
    assert tables.split_row(line) == cells


def test_a_table_is_found_in_a_text() -> None:
    found = tables.parse("text\n\n| A | B |\n|:--|--:|\n| 1 |\n| 1 | 2 | 3 |\n\nmore | text\n")
    assert found == tables.Table(("A", "B"), (":--", "--:"), (("1", ""), ("1", "2")))
    assert tables.parse("no table | here\n") is None
