"""Planted-truth data: each function returns frames and the truth that was put into them."""

from insights.synthetic.demo import Frames, lumen_office
from insights.synthetic.files import write_demo
from insights.synthetic.firm import Firm, simulate_firm
from insights.synthetic.initiatives import returns
from insights.synthetic.leavers import LEAVING_LOG_ODDS, World, planted_leavers
from insights.synthetic.market import additive_series
from insights.synthetic.messages import labelled_messages
from insights.synthetic.truth import (
    ChurnTruth,
    Initiative,
    MixTruth,
    SeriesTruth,
    SurgeTruth,
    Truth,
)

__all__ = [
    "LEAVING_LOG_ODDS",
    "ChurnTruth",
    "Firm",
    "Frames",
    "Initiative",
    "MixTruth",
    "SeriesTruth",
    "SurgeTruth",
    "Truth",
    "World",
    "additive_series",
    "labelled_messages",
    "lumen_office",
    "planted_leavers",
    "returns",
    "simulate_firm",
    "write_demo",
]
