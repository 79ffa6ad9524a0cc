"""`python -m truebook`: the command line where its script is not on PATH."""

from truebook.cli import main

main(prog_name="truebook")
