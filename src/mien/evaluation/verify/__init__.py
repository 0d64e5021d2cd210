"""A bundle's scores worked out anew, without torch, and compared with its card."""

from mien.evaluation.verify.check import Check, verify

__all__ = ["Check", "verify"]
