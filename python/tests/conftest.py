import signal
import sys
from pathlib import Path

# `vectors` and `service` are modules beside the tests, which are not a package.
sys.path.insert(0, str(Path(__file__).parent))

# A shell starts what runs in its background with Ctrl-C ignored, and programs inherit that. Some tests interrupt programs.
signal.signal(signal.SIGINT, signal.default_int_handler)
