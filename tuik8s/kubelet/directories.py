"""Directories of a pod."""

from __future__ import annotations

import os


def make_directory(path: str) -> bool:
    """With all above it that are missing; False when it was there.

    As `Path.mkdir(parents=True)`, which takes three times as long for the seven directories of a plain pod.
    """
    try:
        os.mkdir(path)
    except FileNotFoundError:
        make_directory(os.path.dirname(path))
        os.mkdir(path)
    except FileExistsError:
        return False
    return True
