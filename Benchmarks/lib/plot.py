"""A plot of ratios: a bar for each, and a line at 1, where both are the same."""
import html

WIDTH, LABEL, BAR, LINE = 1000, 600, 340, 22

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f } .axis { stroke: #57606a; stroke-dasharray: 4 3 }
.good { fill: #2da44e } .bad { fill: #cf222e }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .axis { stroke: #8b949e } }
"""


def bars(title, rows):
    """An SVG of `(label, ratio, whether it is as promised)`. What is longer than the plot says so by its number.

    >>> plot = bars("Transfers", [("download: CPU, s5cmd", 0.5, True), ("a < b", 9, False)])
    >>> plot.count("<rect"), plot.count('class="bad"'), "a &lt; b" in plot, ">9.00</text>" in plot
    (2, 1, True, True)
    """
    most = max([1.25] + [min(ratio, 2) for _, ratio, _ in rows])
    scale = (BAR - 10) / most
    height = LINE * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>",
    ]
    for place, (label, ratio, is_met) in enumerate(rows):
        y = LINE * place + 8
        length = max(1.0, min(ratio, most) * scale)
        parts.append(f'<text x="{LABEL - 10}" y="{y + 13}" text-anchor="end">{html.escape(label)}</text>')
        parts.append(
            f'<rect x="{LABEL}" y="{y + 2}" width="{length:.1f}" height="{LINE - 7}" class="{"good" if is_met else "bad"}"/>')
        parts.append(f'<text x="{LABEL + length + 6:.1f}" y="{y + 13}">{ratio:.2f}</text>')
    x = LABEL + scale
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height - 24}" class="axis"/>')
    parts.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">1: the same</text></svg>\n')
    return "\n".join(parts)
