"""The examples of docs/reference/python.md run. scripts/test-python copies the page here."""

import os
import pathlib
import re
import tempfile
import unittest

FOLDER = pathlib.Path(os.environ["EPT_TEST_FOLDER"])
PAGE = pathlib.Path(__file__).with_name("python.md")


class PageTests(unittest.TestCase):
    def test_examples(self):
        blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        self.assertGreater(len(blocks), 2)
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            for name in ("model.ept", "sst2.eptb"):
                os.symlink(FOLDER / name, pathlib.Path(folder) / name)
            os.chdir(folder)
            try:
                # One after the other in one program, as a reader types them.
                names = {}
                for block in blocks:
                    exec(compile(block, PAGE.name, "exec"), names)
            finally:
                os.chdir(before)

    def test_names(self):
        """The page names all that a program can use of a model and a task."""
        import eptc
        from eptc.sklearn import EPTClassifier

        page = PAGE.read_text(encoding="utf-8")
        own = [name for kind in (eptc.Model, eptc.Task, EPTClassifier)
               for name in vars(kind) if name[0] != "_" and not name.startswith("set_")]
        for name in own + eptc.__all__:
            self.assertRegex(page, rf"\b{name}\b")


if __name__ == "__main__":
    unittest.main()
