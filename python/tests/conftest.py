import signal
import sys
from pathlib import Path

# `vectors` and `service` are modules beside the tests, which are not a package.
sys.path.insert(0, str(Path(__file__).parent))

# A program that a shell starts in the background ignores Ctrl-C, and so do its child processes. Some tests interrupt
# child processes, so the default is restored.
signal.signal(signal.SIGINT, signal.default_int_handler)
