"""What we ask Linear for, and what its stand-in answers, exists in Linear's published schema."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    parse,
    validate,
)

from orgloop.connectors.linear.polling import queries
from orgloop.connectors.linear.webhook.names import QUERIES
from orgloop.testing.linear.schema import linear_schema
from support.linear_schema import published_schema
from support.npm import unpacked


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> GraphQLSchema:
    return published_schema(unpacked("@linear/sdk", tmp_path_factory.mktemp("linear-sdk")))


@pytest.mark.parametrize("query", [*queries.ALL, *QUERIES.values()])
def test_a_query_is_one_that_linear_understands(published, query):
    assert validate(published, parse(query)) == []


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { nickname } }",
        "query Q($filter: TeamFilter) { issues(filter: $filter) { nodes { id } } }",
        "{ issue { id } }",
        "{ issues(orderBy: title) { nodes { id } } }",
    ],
)
def test_what_linear_does_not_understand_is_noticed(published, query):
    assert validate(published, parse(query)) != []


def test_the_stand_in_says_nothing_that_linear_does_not(published):
    kinds = {name.lower(): kind for name, kind in published.type_map.items()}
    strange = []
    for name, kind in linear_schema().type_map.items():
        theirs = kinds.get(name.lower())
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType) and name[:2] != "__":
            for field, ours in kind.fields.items():
                known = theirs.fields.get(field) if theirs is not None else None
                if known is None or str(known.type).lower() != str(ours.type).lower():
                    strange.append(f"{name}.{field}: {ours.type}")
        elif isinstance(kind, GraphQLEnumType) and name[:2] != "__":
            strange += [f"{name}.{one}" for one in kind.values if one not in theirs.values]

    assert strange == []
