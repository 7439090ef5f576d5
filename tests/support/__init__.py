"""What tests share: values, stand-ins, real programs and clients."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""The root of this checkout."""
