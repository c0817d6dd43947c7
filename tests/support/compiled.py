"""Where servers under test keep their compiled rules: they are the same for all of them."""

import os
import tempfile
from pathlib import Path

CACHE_DIR = Path(tempfile.gettempdir()) / f"countersign-rules-{os.getuid()}"
