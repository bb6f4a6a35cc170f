"""Still drawings of structures as SVG: what stands in the page before, and without, the one that turns."""

from __future__ import annotations

from html import escape

from potash.analysis.report.scene import Scene

#: The drawing's shape, as the page's viewer has it.
_ASPECT = 1.35
_BOND = 0.11


def still(scene: Scene, frame: int = 0) -> str:
    """Draw one frame of a scene as SVG.

    Parameters
    ----------
    scene
        As `scene.scene` makes it.
    frame
        Which of its frames.

    Returns
    -------
    str
        An ``<svg>`` element; all text in it is escaped.
    """
    positions = scene["frames"][frame]
    parts = _edges(scene) + _links(scene) + _bonds(scene, frame) + _atoms(scene, frame)
    parts += [(p[2], f'<circle cx="{p[0]:.2f}" cy="{-p[1]:.2f}" r="0.1" class="way"/>') for p in scene["path"]]
    body = "".join(part for _, part in sorted(parts, key=lambda one: one[0]))
    points = positions + [corner for edge in scene["cell"] for corner in edge]
    return f'<svg viewBox="{_box(points)}" role="img" aria-label="{escape(scene["about"])}">{body}</svg>'


def _edges(scene: Scene) -> list[tuple[float, str]]:
    return [
        (
            min(a[2], b[2]) - 0.5,
            f'<line x1="{a[0]:.2f}" y1="{-a[1]:.2f}" x2="{b[0]:.2f}" y2="{-b[1]:.2f}" class="cell" stroke-width="0.04"/>',
        )
        for a, b in scene["cell"]
    ]


def _links(scene: Scene) -> list[tuple[float, str]]:
    return [
        (
            min(a[2], b[2]) - 0.3,
            f'<line x1="{a[0]:.2f}" y1="{-a[1]:.2f}" x2="{b[0]:.2f}" y2="{-b[1]:.2f}" stroke="{colour}" stroke-width="{2 * radius}"/>',
        )
        for a, b, colour, radius in scene["links"]
    ]


def _bonds(scene: Scene, frame: int) -> list[tuple[float, str]]:
    positions, symbols = scene["frames"][frame], scene["symbols"]
    parts = []
    for i, j in scene["bonds"][frame]:
        a, b = positions[i], positions[j]
        middle = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
        for end, symbol in ((a, symbols[i]), (b, symbols[j])):
            line = f'<line x1="{end[0]:.2f}" y1="{-end[1]:.2f}" x2="{middle[0]:.2f}" y2="{-middle[1]:.2f}"'
            style = f'stroke="{scene["elements"][symbol]["colour"]}" stroke-width="{2 * _BOND}"/>'
            parts.append(((end[2] + middle[2]) / 2 - 0.3, f"{line} {style}"))
    return parts


def _atoms(scene: Scene, frame: int) -> list[tuple[float, str]]:
    parts = []
    for i, (symbol, (x, y, z)) in enumerate(zip(scene["symbols"], scene["frames"][frame], strict=True)):
        look = scene["elements"][symbol]
        r, kind = (scene["mover"], "ball moves") if i in scene["movers"] else (look["radius"], "ball")
        ball = (
            f'<circle cx="{x:.2f}" cy="{-y:.2f}" r="{r}" fill="{look["colour"]}" class="{kind}" stroke-width="0.03"/>'
        )
        light = f'<circle cx="{x - 0.3 * r:.2f}" cy="{-y - 0.32 * r:.2f}" r="{0.28 * r:.2f}" fill="#fff" fill-opacity=".4"/>'
        parts.append((z, ball + light))
    return parts


def _box(points: list[list[float]]) -> str:
    left, right = min(p[0] for p in points) - 1.1, max(p[0] for p in points) + 1.1
    bottom, top = min(p[1] for p in points) - 1.1, max(p[1] for p in points) + 1.1
    width = max(right - left, _ASPECT * (top - bottom))
    height = max(top - bottom, width / _ASPECT)
    return f"{(left + right - width) / 2:.2f} {-(top + bottom + height) / 2:.2f} {width:.2f} {height:.2f}"
