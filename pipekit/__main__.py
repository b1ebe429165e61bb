"""`python -m pipekit`, the same as the command `pipekit`."""

import sys

from pipekit.faces.door import main

sys.exit(main())
