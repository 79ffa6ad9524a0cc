"""Mermaid flowcharts as authors write them, and as the engine does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truebook.pages.mermaid import Flowchart, parse


def said(text: str) -> tuple[list[str], list[str]]:
    found = parse(text)
    assert found is not None
    nodes = [f"{node.group}/{node.label}:{node.line}" for node in found.nodes]
    arrows = [f"{a.source}>{a.target}" + (f"|{a.label}" if a.label else "") for a in found.arrows]
    return nodes, arrows


@pytest.mark.parametrize(
    ("text", "nodes", "arrows"),
    [
        ("graph TD\nA-->B", ["/A:1", "/B:1"], ["A>B"]),
        ("graph TD; A-->B; B-->C", ["/A:0", "/B:0", "/C:0"], ["A>B", "B>C"]),
        ("flowchart LR\n a[Argo CD] --> |deploys| b & c\n b[Vault]", ["/Argo CD:1", "/Vault:1", "/c:1"],
         ["Argo CD>Vault|deploys", "Argo CD>c|deploys"]),
        ("flowchart\n a & b --> c --> d", ["/a:1", "/b:1", "/c:1", "/d:1"], ["a>c", "b>c", "c>d"]),
        ("flowchart LR\n a -- says hello --> b", ["/a:1", "/b:1"], ["a>b|says hello"]),
        ("flowchart LR\n a -. maybe .-> b -.-> c ==> d --- e", [f"/{x}:1" for x in "abcde"],
         ["a>b|maybe", "b>c", "c>d", "d>e"]),
        ("flowchart LR\n a == thick ==> b", ["/a:1", "/b:1"], ["a>b|thick"]),
        ("flowchart LR\n a ~~~ b", ["/a:1", "/b:1"], []),
        ("flowchart LR\n a --o b --x c <--> d", [f"/{x}:1" for x in "abcd"], ["a>b", "b>c", "c>d"]),
        ('flowchart LR\n subgraph g1["Backup"]\n s3[("MinIO; S3")]\n end\n x --> s3',
         ["Backup/MinIO; S3:2", "/x:4"], ["x>MinIO; S3"]),
        ('flowchart LR\n subgraph "Two words"\n subgraph Inner\n a\n end\n b\n end\n c',
         ["Inner/a:3", "Two words/b:5", "/c:7"], []),
        ('flowchart LR\n a(["out"]) --> b{{"hex"}} --> c{q?} --> d((o)) --> e[[sub]] --> f>flag] --> g(round)',
         ["/out:1", "/hex:1", "/q?:1", "/o:1", "/sub:1", "/flag:1", "/round:1"],
         ["out>hex", "hex>q?", "q?>o", "o>sub", "sub>flag", "flag>round"]),
        ('flowchart LR\n a["#quot;x#quot; #60;b#62; #9829;"]', ['/"x" <b> ♥:1'], []),
        ('flowchart LR\n a["one<br>two"]:::red --> b:::blue', ["/one two:1", "/b:1"], ["one two>b"]),
        ("flowchart LR\n %% a --> b\n style a fill:#fff\n classDef red fill:#f00\n class a red\n click a href x\n a",
         ["/a:6"], []),
        ("flowchart LR\n my-app --> other-app-2", ["/my-app:1", "/other-app-2:1"], ["my-app>other-app-2"]),
        ("%% first\nflowchart LR\n a --> b", ["/a:2", "/b:2"], ["a>b"]),
        ("flowchart LR\n a --> \n b[unclosed --> c", ["/a:1", "/b:2"], []),
    ],
)  # fmt: skip
def test_nodes_and_arrows(text: str, nodes: list[str], arrows: list[str]) -> None:
    assert said(text) == (nodes, arrows)


def test_a_label_may_come_after_its_use_and_a_group_with_it() -> None:
    text = "flowchart LR\n a --> b\n subgraph G\n b[Bee]\n end"
    assert said(text) == (["/a:1", "G/Bee:1"], ["a>Bee"])


@pytest.mark.parametrize(
    "text", ["", "sequenceDiagram\n A->>B: hi", "pie\n", "flowcharts\n a --> b", "%% only a comment"]
)
def test_other_diagrams_are_none(text: str) -> None:
    assert parse(text) is None


@given(st.text(alphabet='ab-->|&[](){}"#;.=~ \n:end subgraph%', max_size=300))
def test_no_text_is_too_much(text: str) -> None:
    assert isinstance(parse("flowchart LR\n" + text), Flowchart)
