"""Where the files that ship with Linli are: the policy and the mappings, in the repository this was installed from."""

import os
from pathlib import Path

from linli_cli.complaint import Complaint

_ROOT = Path(__file__).parents[2]


def repository() -> Path:
    """The repository's folder; a complaint when Linli was installed without it."""
    if not (_ROOT / "policy").is_dir():
        raise Complaint(
            f"找不到随附的规则目录：{_ROOT / 'policy'}（可用 LINLI_POLICY_DIR 指定）",
            f"the policy that ships with Linli is not at {_ROOT / 'policy'} (LINLI_POLICY_DIR may name another place)",
        )
    return _ROOT


def policy_dir() -> Path:
    """The policy's folder: LINLI_POLICY_DIR, else the repository's."""
    named = os.environ.get("LINLI_POLICY_DIR")
    return Path(named) if named else repository() / "policy"
