"""What comes back: bounces, complaints, automatic answers and requests to leave."""

from digestmail.bounces.parse import parse
from digestmail.bounces.report import Kind, Report, judge

__all__ = ["Kind", "Report", "judge", "parse"]
