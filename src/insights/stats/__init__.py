"""Kernels: arrays in, numbers out."""
