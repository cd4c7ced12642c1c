import sys
from pathlib import Path

# `vectors` and `service` are modules beside the tests, which are not a package.
sys.path.insert(0, str(Path(__file__).parent))
