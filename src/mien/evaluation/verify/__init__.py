"""Recompute a bundle's scores, without torch, and compare them with its card."""

from mien.evaluation.verify.check import Check, verify

__all__ = ["Check", "verify"]
