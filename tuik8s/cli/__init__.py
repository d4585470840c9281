"""The command line: sub-commands, exit codes, and the host of cluster and interface.

Exit codes: 0 done (for `check`: converged), 1 not (for `check`: not in time), 2 bad input or usage.
"""

from tuik8s.cli.main import main

__all__ = ["main"]
