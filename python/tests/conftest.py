import signal
import sys
from pathlib import Path

# `vectors` and `service` are modules beside the tests, which are not a package.
sys.path.insert(0, str(Path(__file__).parent))

# Programs that a shell starts in the background ignore Ctrl-C, and so do those that they start. Some tests interrupt
# programs.
signal.signal(signal.SIGINT, signal.default_int_handler)
