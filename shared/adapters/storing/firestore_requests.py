"""What we say to Firestore, as data: the writes of a commit, the documents of a read, a Query as a structured query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud.firestore_v1.types import (
    BatchGetDocumentsRequest,
    CommitRequest,
    Cursor,
    RunQueryRequest,
    StructuredQuery,
    Value,
)

from shared.adapters.storing.asking import Asked, Equal
from shared.adapters.storing.firestore_values import write_fields
from shared.adapters.storing.storable import key_of
from shared.ports import Change, Create

_ASCENDING = StructuredQuery.Direction.ASCENDING
_FieldOperator = StructuredQuery.FieldFilter.Operator


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests to one database of one project."""

    project: str
    database: str

    @property
    def name(self) -> str:
        return f"projects/{self.project}/databases/{self.database}"

    def document(self, collection: str, document_id: str) -> str:
        return f"{self.name}/documents/{collection}/{document_id}"

    def read(self, keys: Iterable[tuple[str, str]]) -> BatchGetDocumentsRequest:
        return BatchGetDocumentsRequest(database=self.name, documents=[self.document(*key) for key in keys])

    def commit(self, changes: Sequence[Change], bodies: Sequence[Mapping[str, object] | None]) -> CommitRequest:
        """Return all writes as one; `bodies` are the documents as maps, None for one that is deleted."""
        request = CommitRequest.pb()(database=self.name)
        for change, body in zip(changes, bodies, strict=True):
            self._write(request.writes.add(), change, body)
        wrapped: CommitRequest = CommitRequest.wrap(request)
        return wrapped

    def find(self, asked: Asked[Any]) -> RunQueryRequest:
        return RunQueryRequest(parent=f"{self.name}/documents", structured_query=self.question(asked))

    def question(self, asked: Asked[Any]) -> StructuredQuery:
        query = asked.query
        filters = [_equal(name, value) for name, value in asked.equals]
        filters.append(_present(query.order_by) if asked.until is None else _at_most(query.order_by, asked.until))
        composite = StructuredQuery.CompositeFilter(op=StructuredQuery.CompositeFilter.Operator.AND, filters=filters)
        return StructuredQuery(
            from_=[StructuredQuery.CollectionSelector(collection_id=query.model.collection)],
            where=StructuredQuery.Filter(composite_filter=composite),
            order_by=[
                StructuredQuery.Order(field=_field(name), direction=_ASCENDING) for name in (query.order_by, "__name__")
            ],
            start_at=None if asked.after is None else self._place(query.model.collection, *asked.after),
            limit=asked.limit,
        )

    def _write(self, write: Any, change: Change, body: Mapping[str, object] | None) -> None:  # noqa: ANN401
        name = self.document(*key_of(change))
        if body is None:
            write.delete = name
        else:
            write.update.name = name  # without an update mask: what is not in `body` is gone
            write_fields(write.update.fields, body)
        match change:
            case Create():
                write.current_document.exists = False
            case _:
                write.current_document.update_time.CopyFrom(change.version)

    def _place(self, collection: str, value: str, document_id: str) -> Cursor:
        name = Value(reference_value=self.document(collection, document_id))
        return Cursor(values=[Value(string_value=value), name], before=False)


def _field(name: str) -> StructuredQuery.FieldReference:
    return StructuredQuery.FieldReference(field_path=name)


def _equal(name: str, value: Equal) -> StructuredQuery.Filter:
    return _compare(name, _FieldOperator.EQUAL, _value(value))


def _at_most(name: str, bound: str) -> StructuredQuery.Filter:
    """A bound that is a text finds texts only, so never a null."""
    return _compare(name, _FieldOperator.LESS_THAN_OR_EQUAL, Value(string_value=bound))


def _present(name: str) -> StructuredQuery.Filter:
    operator = StructuredQuery.UnaryFilter.Operator.IS_NOT_NULL
    return StructuredQuery.Filter(unary_filter=StructuredQuery.UnaryFilter(field=_field(name), op=operator))


def _compare(name: str, operator: Any, value: Value) -> StructuredQuery.Filter:  # noqa: ANN401
    compared = StructuredQuery.FieldFilter(field=_field(name), op=operator, value=value)
    return StructuredQuery.Filter(field_filter=compared)


def _value(value: Equal) -> Value:
    match value:
        case bool():
            return Value(boolean_value=value)
        case int():
            return Value(integer_value=value)
        case _:
            return Value(string_value=value)
