"""One byte form per value, and digests: the only place that hashes. It must never touch a file, a thread, a clock or a
store."""

from pipekit.canon import plain
from pipekit.canon.digests import Hasher, digest, digest_parts, digests, hasher
from pipekit.canon.identity import encode, fingerprint

__all__ = ["Hasher", "digest", "digest_parts", "digests", "encode", "fingerprint", "hasher", "plain"]
