"""Basis Theory's client of today manages an application, its keys, a session and tokens.

Only its address is another.
"""

import json
import sys

from basis_theory import (
    AccessRule,
    BadRequestError,
    BasisTheory,
    Condition,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnprocessableEntityError,
)

GIVEN = json.loads(sys.argv[1])
CARD = {"number": "4242424242424242", "expiration_month": 12, "expiration_year": 2031, "cvc": "123"}


def client(key):
    return BasisTheory(base_url=GIVEN["base"], api_key=key)


managing = client(GIVEN["key"])


def main():
    made = applications()
    keys(made)
    tokens()
    session()
    tenant()


def applications():
    rule = AccessRule(
        description="Cards", priority=1, container="/pci/high/", transform="mask", permissions=["token:read"]
    )
    made = managing.applications.create(
        name="Checkout", type="private", permissions=["token:create"], rules=[rule]
    )
    assert made.key == made.keys[0].key, made
    assert managing.applications.get(made.id).rules[0].transform == "mask"
    assert client(made.key).applications.get_by_key().id == made.id
    assert made.id in [one.id for one in managing.applications.list(size=1)]
    assert [one.id for one in managing.applications.list(id=[made.id], type=["private"])] == [made.id]
    updated = managing.applications.update(made.id, name="Till", permissions=["token:read"])
    assert (updated.name, updated.rules) == ("Till", []), updated
    with refused(BadRequestError) as refusal:
        managing.applications.create(name="x" * 201, type="private", permissions=["token:read"])
    assert list(refusal.error.body.errors) == ["name"], refusal.error.body
    with refused(ForbiddenError):
        client(made.key).applications.list()
    template = managing.application_templates.list()[0]
    assert managing.application_templates.get(template.id).name == template.name
    assert [one.type for one in managing.permissions.list(application_type="public")]
    return made


def keys(made):
    second = managing.application_keys.create(made.id)
    assert second.key != made.key
    assert {one.id for one in managing.application_keys.list(made.id)} == {second.id, made.keys[0].id}
    assert managing.application_keys.get(made.id, second.id).key is None
    managing.application_keys.create(made.id)
    with refused(UnprocessableEntityError):
        managing.application_keys.create(made.id)
    managing.application_keys.delete(made.id, made.keys[0].id)
    with refused(UnauthorizedError):
        client(made.key).applications.get_by_key()
    managing.applications.delete(made.id)
    with refused(NotFoundError):
        managing.applications.get(made.id)
    with refused(UnauthorizedError):
        client(second.key).applications.get_by_key()


def tokens():
    everything = ["token:create", "token:read", "token:update", "token:delete", "token:search"]
    revealing = AccessRule(
        description="", priority=1, container="/general/", transform="reveal", permissions=everything
    )
    made = managing.applications.create(
        name="Vault", type="private", permissions=everything, rules=[revealing]
    )
    vault = client(made.key).tokens
    plain = vault.create(type="token", data={"foo": "bar", "bar": "foo"}, metadata={"user": "7"})
    assert plain.data == {"foo": "bar", "bar": "foo"}, plain
    mask = {"newfoo": "{{ data.newfoo | reveal_last: 4, '#' }}"}
    patched = vault.update(
        plain.id, data={"foo": "newbar", "bar": None, "newfoo": "barbar"}, mask=mask
    )
    assert patched.data == {"foo": "newbar", "newfoo": "barbar"}, patched
    assert vault.get(plain.id).data == patched.data

    card = vault.create(type="card", data=CARD, idempotency_key="once-" + made.id)
    again = vault.create(type="card", data=CARD, idempotency_key="once-" + made.id)
    assert card.id == again.id
    assert (card.data["number"], card.containers) == ("XXXXXXXXXXXX4242", ["/pci/high/"]), card
    with refused(BadRequestError):
        vault.create(type="card", data={**CARD, "number": "4242424242424241"})

    assert [one.id for one in vault.list_v2(metadata={"user": "7"})] == [plain.id]
    assert {one.id for one in vault.list_v2(size=1)} >= {plain.id, card.id}
    assert [one.id for one in vault.search_v2(query="metadata.user:7")] == [plain.id]
    assert card.id in [one.id for one in vault.search_v2(query="type:card", size=1)]
    with refused(BadRequestError):
        vault.search_v2(query="a:b OR c:d")

    kept = vault.tokenize(request={"a": "b", "card": {"type": "card", "data": CARD}})
    shown = vault.detokenize(request={"a": "{{ " + kept["a"] + " }}"})
    assert shown == {"a": "b"}, shown
    vault.delete(plain.id)
    with refused(NotFoundError):
        vault.get(plain.id)


def session():
    page = managing.applications.create(name="Page", type="public", permissions=["token:create"])
    server = managing.applications.create(
        name="Server", type="private", permissions=["token:create", "token:read"]
    )
    token = client(page.key).tokens.create(type="token", data="secret")
    opened = client(page.key).sessions.create()
    with refused(UnauthorizedError):
        client(opened.session_key).tokens.get(token.id)
    rule = AccessRule(
        description="",
        priority=1,
        conditions=[Condition(attribute="id", operator="equals", value=token.id)],
        transform="reveal",
        permissions=["token:read"],
    )
    client(server.key).sessions.authorize(nonce=opened.nonce, rules=[rule])
    assert client(opened.session_key).tokens.get(token.id).data == "secret"
    with refused(ForbiddenError):
        client(page.key).tokens.get(token.id)
    with refused(ConflictError):
        client(server.key).sessions.authorize(nonce=opened.nonce, permissions=["token:read"])


def tenant():
    own = managing.tenants.self_.get()
    assert managing.tenants.self_.update(name="Till").name == "Till"
    assert managing.tenants.self_.update(name=own.name).id == own.id
    logs = list(managing.logs.list(entity_type="vault_token", size=2))
    assert {"created", "deleted", "revealed"} <= {log.operation for log in logs}, logs
    assert "vault_token" in [one.value for one in managing.logs.get_entity_types()]


class refused:
    """The block ends in this error, which is kept."""

    def __init__(self, kind):
        self.kind = kind
        self.error = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        assert kind is not None and issubclass(kind, self.kind), f"{error!r} is no {self.kind.__name__}"
        self.error = error
        return True


if __name__ == "__main__":
    main()
