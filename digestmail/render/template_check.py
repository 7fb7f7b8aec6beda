"""Checks of an operator's templates: names, blocks and files, without rendering them."""

from collections.abc import Collection, Iterable, Iterator

from jinja2 import TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from digestmail.errors import ConfigError
from digestmail.render.environment import broken

_GUARDING_FILTERS = ("default", "d")
_GUARDING_TESTS = ("defined", "undefined")


def check_templates(
    environment: SandboxedEnvironment, templates: Iterable[str], known: Collection[str]
) -> None:
    """Refuse templates with unknown names, blocks that nothing shows, or references to no file.

    ``known`` are the names that the program gives. Branches that a sample does not take are
    checked too. Raises ConfigError for the first fault.
    """
    trees = {name: parsed(environment, name) for name in templates}
    declared = {bound for tree in trees.values() for bound in _bound_names(tree)}
    allowed = {*known, *declared, *environment.globals}
    for name, tree in trees.items():
        _check_references(environment, name, tree)
        _check_blocks(environment, name, tree)
        _check_names(name, tree, allowed)


def parsed(environment: SandboxedEnvironment, name: str) -> nodes.Template:
    """Return the syntax tree of a template. Raises ConfigError when it cannot be parsed."""
    assert environment.loader is not None  # noqa: S101 - make_environment sets one
    try:
        source, filename, _ = environment.loader.get_source(environment, name)
        return environment.parse(source, name, filename)
    except (TemplateError, UnicodeDecodeError) as error:
        raise broken(name, error) from error


def undeclared(tree: nodes.Template) -> set[str]:
    """Return the names that a template expects to be given, but for those it may do without."""
    return meta.find_undeclared_variables(tree) - _guarded(tree)


def _bound_names(tree: nodes.Template) -> Iterator[str]:
    """Yield the names that a template sets, loops over, imports or defines as macros."""
    yield from (node.name for node in tree.find_all(nodes.Name) if node.ctx != "load")
    yield from (node.name for node in tree.find_all(nodes.Macro))
    yield from (node.target for node in tree.find_all(nodes.Import))
    for node in tree.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in node.names)


def _guarded(tree: nodes.Template) -> set[str]:
    """Return the names that are asked about with ``is defined`` or have a default."""
    guarded: list[nodes.Expr | None] = [
        test.node for test in tree.find_all(nodes.Test) if test.name in _GUARDING_TESTS
    ]
    guarded += [each.node for each in tree.find_all(nodes.Filter) if each.name in _GUARDING_FILTERS]
    return {node.name for node in guarded if isinstance(node, nodes.Name)}


def _check_references(environment: SandboxedEnvironment, name: str, tree: nodes.Template) -> None:
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    existing = set(environment.list_templates())
    for node in tree.find_all(kinds):
        optional = isinstance(node, nodes.Include) and node.ignore_missing
        reference = getattr(node, "template", None)
        if isinstance(reference, nodes.Const) and reference.value not in existing and not optional:
            raise _fault(name, node.lineno, f"template {reference.value} does not exist")


def _check_blocks(environment: SandboxedEnvironment, name: str, tree: nodes.Template) -> None:
    """Refuse a block that no ancestor has, since its content would be left out silently."""
    ancestors = list(_ancestors(environment, tree, {name}))
    if not ancestors:
        return
    visible = {block.name for ancestor in ancestors for block in ancestor.find_all(nodes.Block)}
    for node in tree.body:
        if isinstance(node, nodes.Block) and node.name not in visible:
            text = (
                f"the block {node.name} is not in the template it extends, so it is never rendered"
            )
            raise _fault(name, node.lineno, text)


def _ancestors(
    environment: SandboxedEnvironment, tree: nodes.Template, seen: set[str]
) -> Iterator[nodes.Template]:
    extends = tree.find(nodes.Extends)
    while extends is not None and isinstance(extends.template, nodes.Const):
        parent = extends.template.value
        if parent in seen:
            raise _fault(parent, extends.lineno, "it extends itself")
        seen.add(parent)
        tree = parsed(environment, parent)
        yield tree
        extends = tree.find(nodes.Extends)


def _check_names(name: str, tree: nodes.Template, allowed: Collection[str]) -> None:
    unknown = undeclared(tree).difference(allowed)
    uses = [node for node in tree.find_all(nodes.Name) if node.name in unknown]
    if uses:
        first = min(uses, key=lambda node: node.lineno)
        raise _fault(name, first.lineno, f"“{first.name}” is not defined here")


def _fault(name: str, line: int, problem: str) -> ConfigError:
    return ConfigError(
        f"template {name}, line {line}: {problem}; correct it or restore the original"
    )
