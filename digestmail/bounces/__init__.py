"""What comes back: bounces, complaints, automatic answers and requests to leave."""

from digestmail.bounces.classify import classify
from digestmail.bounces.parse import parse
from digestmail.bounces.report import Kind, Report

__all__ = ["Kind", "Report", "classify", "parse"]
