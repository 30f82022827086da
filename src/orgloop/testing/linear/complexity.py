"""What a query costs, by the rule of https://linear.app/developers/rate-limiting."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from attrs import frozen
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

MOST_POINTS = 10_000
"""What one query may cost."""
_DEFAULT_PAGE = 50


def points(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """Return the points of a query: 0.1 a field, 1 an object, connections times their size."""
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    counting = _Counting(fragments, variables)
    cost = sum(
        counting.selected(one, schema.query_type)
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
    )
    return ceil(cost)


@frozen
class _Counting:
    _fragments: Mapping[str, FragmentDefinitionNode]
    _variables: Mapping[str, Any]

    def selected(self, node: Any, kind: Any) -> float:
        """Return the points of everything that is selected in a node of the query."""
        cost = 0.0
        for chosen in node.selection_set.selections:
            if isinstance(chosen, FragmentSpreadNode):
                cost += self.selected(self._fragments[chosen.name.value], kind)
            elif isinstance(chosen, FieldNode):
                cost += self._field(chosen, kind)
        return cost

    def _field(self, node: FieldNode, kind: Any) -> float:
        held = get_named_type(kind.fields[node.name.value].type)
        if is_leaf_type(held):
            return 0.1
        inside = self.selected(node, held)
        if not held.name.endswith("Connection"):
            return 1 + inside
        return self._page_size(node) * inside

    def _page_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                value = argument.value
                if isinstance(value, VariableNode):
                    return int(self._variables.get(value.name.value) or _DEFAULT_PAGE)
                if isinstance(value, IntValueNode):
                    return int(value.value)
        return _DEFAULT_PAGE
