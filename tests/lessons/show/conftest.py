"""`from seeing import Seen`: what the tests of pictures look with."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
