"""What a block may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one block. Wall time is the block's own option.

    `cpu` is in seconds per process. `memory` (megabytes) bounds the data of one process, in a way that programs in
    Go can live with, and `total` what all processes of the block hold in memory. `processes` counts threads too.
    `file` is the largest file and `tmp` the whole of /tmp in megabytes, `files` how many a process has open. `output`
    is in bytes: over it the block is killed; of what there is, `kept` at the head and as much at the tail are kept.
    `report` is in bytes as well: what a block hands on to the next of its session.
    """

    cpu: int = 60
    memory: int = 2048
    total: int = 3072
    processes: int = 256
    file: int = 64
    tmp: int = 64
    files: int = 1024
    output: int = 16 * 1024 * 1024
    kept: int = 128 * 1024
    report: int = 1024 * 1024
