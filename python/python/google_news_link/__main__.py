"""The program: ``python -m google_news_link``."""

import sys

from google_news_link._command import main

if __name__ == "__main__":
    sys.exit(main())
