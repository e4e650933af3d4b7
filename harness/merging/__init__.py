"""Joining run folders of one suite: made on several machines, or one entry at a time."""

from harness.merging.folder import Merged, merge
from harness.merging.joined import merged_line
from harness.store.resuming import resume_argv

__all__ = ["Merged", "merge", "merged_line", "resume_argv"]
