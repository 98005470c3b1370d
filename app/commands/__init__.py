"""The commands of `vuurtoren`, one module per subject.

A module imports typer at its top and everything else inside its functions: `vuurtoren --help` loads all of them.
"""
