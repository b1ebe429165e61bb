"""Whether a folder lies on another machine. It must never know what is kept there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_NETWORK: Final = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "virtiofs"),
    *("fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "davfs", "ncpfs"),
}


def is_network(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether `path` lies on a network file system, as far as `mounts` (the system's table of them) tells; False where there is none."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return False
    where = os.fsencode(path.absolute().resolve())
    kinds = {_plain(parts[1]): parts[2] for line in lines if len(parts := line.split(b" ")) > 2}
    above = [place for place in kinds if where == place or where.startswith(place.rstrip(b"/") + b"/")]
    return bool(above) and kinds[max(above, key=len)].decode("ascii", "replace") in _NETWORK


def _plain(place: bytes) -> bytes:
    """The table writes a blank as `\\040`, and so on."""
    if b"\\" not in place:
        return place
    first, *rest = place.split(b"\\")
    return first + b"".join(bytes([int(part[:3], 8) & 255]) + part[3:] for part in rest)
