"""Makes report-light.png and report-dark.png: a terminal beside the page that `eptc report` writes.

python docs/images/make_pictures.py messages.html terminal.txt

`terminal.txt` is what the terminal shows; lines that begin with `$ ` are commands. Needs chromium and Pillow.
"""

import html
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT, REPORT = 1320, 640, 1080
# Blink's numbers for `prefers-color-scheme`.
SCHEMES = {"dark": 0, "light": 1}
PAGE = """<!doctype html><meta charset="utf-8"><style>
:root {{ --page: #f4f4f1; --shell: #ffffff; --ink: #1b1c1e; --soft: #63656b; --line: #e2e2dd; --mark: #1f66b0; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --page: #131416; --shell: #1c1e21; --ink: #e9e9e6; --soft: #9fa1a8; --line: #33363b; --mark: #6cb0f2; }}
}}
body {{ margin: 0; background: var(--page); display: flex; gap: 16px; padding: 16px; box-sizing: border-box;
  width: {width}px; height: {height}px; }}
pre {{ flex: 1; margin: 0; padding: 14px 16px; background: var(--shell); color: var(--ink); border: 1px solid var(--line);
  border-radius: 10px; overflow: hidden; font: 12.5px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }}
pre b {{ color: var(--mark); font-weight: 600; }} pre i {{ color: var(--soft); font-style: normal; }}
div {{ width: {shown}px; height: {inner}px; overflow: hidden; border: 1px solid var(--line); border-radius: 10px; }}
iframe {{ border: 0; width: {report}px; height: {tall}px; transform: scale({scale}); transform-origin: 0 0; }}
</style><pre>{terminal}</pre><div><iframe src="{source}" scrolling="no"></iframe></div>"""


def terminal(text):
    """Commands bold, answers plain, what the program says of itself soft."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        shown = html.escape(line)
        tag = "b" if line.startswith("$ ") else "i" if line.startswith("eptc: ") else ""
        lines.append(f"<{tag}>{shown}</{tag}>" if tag else shown)
    return "\n".join(lines)


def main():
    from PIL import Image

    report, shown = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    inner = HEIGHT - 32
    wide = 700
    scale = wide / REPORT
    page = PAGE.format(
        width=WIDTH, height=HEIGHT, inner=inner, shown=wide, report=REPORT, tall=round(inner / scale), scale=scale,
        source=report.as_uri(), terminal=terminal(shown.read_text(encoding="utf-8")),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        for name, scheme in SCHEMES.items():
            raw = pathlib.Path(folder, f"{name}.png")
            subprocess.run(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={WIDTH},{HEIGHT}",
                 "--force-device-scale-factor=1.5", f"--screenshot={raw}", source.as_uri()],
                check=True, capture_output=True,
            )  # fmt: skip
            picture = Image.open(raw).convert("RGB").quantize(64, dither=Image.Dither.NONE)
            picture.save(HERE / f"report-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
