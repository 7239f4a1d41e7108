"""Planted-truth data: each function returns frames and the truth that was put into them."""

from insights.synthetic.demo import Frames, lumen_office
from insights.synthetic.files import write_demo
from insights.synthetic.firm import Firm, simulate_firm
from insights.synthetic.initiatives import returns
from insights.synthetic.truth import (
    ChurnTruth,
    Initiative,
    MixTruth,
    SeriesTruth,
    SurgeTruth,
    Truth,
)

__all__ = [
    "ChurnTruth",
    "Firm",
    "Frames",
    "Initiative",
    "MixTruth",
    "SeriesTruth",
    "SurgeTruth",
    "Truth",
    "lumen_office",
    "returns",
    "simulate_firm",
    "write_demo",
]
