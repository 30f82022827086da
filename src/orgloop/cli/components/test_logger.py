"""``sample`` does what every logger does: pytest tests/test_sample_module.py"""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

from orgloop.sdk import IBlockingLogger, PluginContext
from orgloop.testing.logger import LoggerSuite

PLUGIN = run_path(str(Path(__file__).parents[1] / "loggers" / "sample_module.py"))


class TestSampleLogger(LoggerSuite):
    def make(self, context: PluginContext) -> IBlockingLogger:
        logger: IBlockingLogger = PLUGIN["SampleLogger"](PLUGIN["SampleConfig"](), context)
        return logger

    def written(self, context: PluginContext) -> str:
        return (context.directory / "sample.txt").read_text("utf-8")
