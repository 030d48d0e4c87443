"""Writes the lines that ran as Cobertura XML."""

import dis
import xml.etree.ElementTree as ElementTree


def write(root, package, counts, path):
    """``counts`` maps (file, line) to how often the line ran, as ``trace`` counts."""
    coverage = ElementTree.Element("coverage", {"version": "1"})
    sources = ElementTree.SubElement(coverage, "sources")
    ElementTree.SubElement(sources, "source").text = str(root)
    packages = ElementTree.SubElement(coverage, "packages")
    classes = ElementTree.SubElement(ElementTree.SubElement(packages, "package", {"name": package}), "classes")
    covered = total = 0
    for file in sorted((root / package).rglob("*.py")):
        lines = executable_lines(compile(file.read_bytes(), str(file), "exec"))
        relative = file.relative_to(root).as_posix()
        element = ElementTree.SubElement(classes, "class", {"name": file.stem, "filename": relative})
        holder = ElementTree.SubElement(element, "lines")
        for line in sorted(lines):
            hits = counts.get((str(file), line), 0)
            covered += hits > 0
            total += 1
            ElementTree.SubElement(holder, "line", {"number": str(line), "hits": str(hits)})
    coverage.set("lines-covered", str(covered))
    coverage.set("lines-valid", str(total))
    coverage.set("line-rate", f"{covered / total if total else 1:.4f}")
    ElementTree.ElementTree(coverage).write(path, encoding="utf-8", xml_declaration=True)


def executable_lines(code):
    """Every line that some instruction of ``code`` or of the functions in it belongs to."""
    lines = {line for _, line in dis.findlinestarts(code) if line}
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            lines |= executable_lines(constant)
    return lines
