"""`truebook:silences`: what somebody silenced, why, and until when. Never committed: silences end by themselves."""

from __future__ import annotations

from truebook.pages.views.cells import Column, plain, when
from truebook.pages.views.records import Records

TABLE = Records(
    kind="silence",
    columns={
        "silence": Column("Silenced", plain("matchers")),
        "state": Column("State", plain("state"), volatile=True),
        "comment": Column("Why", plain("comment"), volatile=True),
        "by": Column("By", plain("created_by"), volatile=True),
        "ends": Column("Ends", when("ends_at"), volatile=True),
    },
    key=("silence",),
    stable=("silence",),
    live=("comment", "by", "ends"),
    sources=("alertmanager /api/v2/silences",),
    nothing="Nothing is silenced.",
    passing="What is silenced is filled in when the site is built.",
)

VIEW = TABLE.view()
