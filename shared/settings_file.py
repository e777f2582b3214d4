"""Reads the MSP's settings file, and says of every mistake where it is and what to write instead."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from shared.errors import ConfigurationError
from shared.settings import Settings


def load(path: Path) -> Settings:
    """Return the settings. Raises ConfigurationError that names the file and what is wrong with it."""
    try:
        return Settings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
