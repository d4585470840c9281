"""Figures of the whole, each beside a baseline measured in the same run: `python -m tests.bench [NAMES...]`.

Every figure runs in a process of its own, so that none of them inherits another's memory, threads or heat.
Nothing here is asserted: figures depend on the machine, tests must not.
"""
