"""How well the model finds readers' papers: benchmarks, measures, and what other programs do.

Nothing is imported here: measures and calibration must not wait for the model.
"""
