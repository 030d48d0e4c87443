"""Which operations the endpoint implements, read from the Rust sources that dispatch them."""

import re
from pathlib import Path

from .models import SERVICES, service_model

ENDPOINT = Path(__file__).parents[2] / "crates/local-aws/src"
# A match arm: `"GetBranch" =>`, `"A" | "B" =>`.
ARM = re.compile(r'"([A-Z][A-Za-z0-9]+)"\s*(?:=>|\|)')
# A path of the router: `/2015-03-31/functions/{name}/invocations`.
ROUTE = re.compile(r'\.route\(\s*"([^"]+)"')
PLACEHOLDER = re.compile(r"\{[^}]*\}")


def operations() -> set[tuple[str, str]]:
    """Service and operation of everything that is dispatched."""
    routes = {_plain(route) for route in ROUTE.findall((ENDPOINT / "wire.rs").read_text())}
    found = set()
    for folder in (ENDPOINT / "services").iterdir():
        if not folder.is_dir():
            continue
        service = SERVICES[folder.name]
        model = service_model(service)
        if model.metadata["protocol"] == "rest-json":
            names = {name for name in model.operation_names if _plain(_path(model, name)) in routes}
        else:
            sources = folder.rglob("*.rs")
            words = {word for source in sources for word in ARM.findall(source.read_text())}
            names = words & set(model.operation_names)
        assert names, f"no operation of {service} is dispatched in {folder}"
        found |= {(service, name) for name in names}
    return found


def _path(model, operation: str) -> str:
    return model.operation_model(operation).http["requestUri"]


def _plain(path: str) -> str:
    return PLACEHOLDER.sub("{}", path)
