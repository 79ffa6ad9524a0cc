"""truebook: operations docs that cannot lie.

The flow, top-down, is in `pipeline.py`; the words are in `model.py`.
"""
