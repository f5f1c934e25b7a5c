"""Tiny random instances of diffusers' pipelines, run plainly and through the program.

`python -m tests.diffusers_zoo` runs all of them and writes `resources/diffusers/pipelines.md`; with names it runs
those. It takes many minutes, so the ordinary tests run a sample.
"""
