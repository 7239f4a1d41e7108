"""A research workbench: customer feedback and market data into decisions people can defend.

*ingest* makes frames, *enrich* adds columns, *analyses* make claims, *report* makes pages,
*run* makes it repeatable. Imports point downward only; analyses never import each other.
"""

__version__ = "0.1.0"
