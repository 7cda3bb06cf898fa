"""Benchmarks: the project beside the other ways to have a custom resource, on the machine that runs them."""
