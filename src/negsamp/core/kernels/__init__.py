"""Gradients of whole blocks, written to be fast; `negsamp.core.reference` is written to be read.

Begin with `sampled`, which trains the objectives that draw noise words.
"""
