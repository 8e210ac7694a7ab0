"""Print the oldest packages that pyproject.toml allows, for pip: numpy==2.0 scipy==1.13 …"""

import tomllib
from pathlib import Path

settings = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
extras = settings["project"]["optional-dependencies"]
required = [*settings["project"]["dependencies"], *extras["plot"], *extras["test"]]
print(*(name.replace(">=", "==") for name in required if not name.startswith("negsamp")))
