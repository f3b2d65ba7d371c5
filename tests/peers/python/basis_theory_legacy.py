"""Basis Theory's first client in Python, which speaks both versions of their API of tokens.

Only its address is another.
"""

import json
import sys

import basistheory
from basistheory.api import (
    application_keys_api,
    applications_api,
    detokenize_api,
    logs_api,
    sessions_api,
    tenants_api,
    tokenize_api,
    tokens_api,
)
from basistheory.model.access_rule import AccessRule
from basistheory.model.authorize_session_request import AuthorizeSessionRequest
from basistheory.model.create_application_request import CreateApplicationRequest
from basistheory.model.create_token_request import CreateTokenRequest
from basistheory.model.search_tokens_request import SearchTokensRequest
from basistheory.model.search_tokens_request_v2 import SearchTokensRequestV2
from basistheory.model.update_application_request import UpdateApplicationRequest
from basistheory.model.update_token_request import UpdateTokenRequest

GIVEN = json.loads(sys.argv[1])
EVERYTHING = ["token:create", "token:read", "token:update", "token:delete", "token:search"]


def client(key):
    return basistheory.ApiClient(basistheory.Configuration(host=GIVEN["base"], api_key=key))


managing = applications_api.ApplicationsApi(client(GIVEN["key"]))


def main():
    made = applications()
    keys(made)
    tokens()
    session()
    tenant()


def applications():
    request = CreateApplicationRequest(name="Checkout", type="private", permissions=["token:read"])
    made = managing.create(create_application_request=request)
    assert applications_api.ApplicationsApi(client(made.key)).get_by_key().id == made.id
    assert managing.get_by_id(made.id).name == "Checkout"
    assert [one.id for one in managing.get(id=[made.id]).data] == [made.id]
    first = managing.get(page=1, size=1)
    assert first.pagination.total_items >= 2 and len(first.data) == 1, first
    request = UpdateApplicationRequest(name="Till", permissions=["token:create"])
    assert managing.update(made.id, update_application_request=request).permissions == ["token:create"]
    replaced = managing.regenerate_key(made.id)
    assert replaced.key != made.key
    refuses(401, applications_api.ApplicationsApi(client(made.key)).get_by_key)
    return replaced


def keys(made):
    api = application_keys_api.ApplicationKeysApi(client(GIVEN["key"]))
    second = api.create(made.id)
    assert {one.id for one in api.get(made.id)} == {second.id, made.get("keys")[0].id}
    refuses(422, lambda: managing.regenerate_key(made.id))
    assert api.get_by_id(made.id, second.id).id == second.id
    api.delete(made.id, second.id)
    managing.delete(made.id)
    refuses(404, lambda: managing.get_by_id(made.id))


def tokens():
    rule = AccessRule(
        description="", priority=1, container="/general/", transform="reveal", permissions=EVERYTHING
    )
    request = CreateApplicationRequest(name="Vault", type="private", permissions=EVERYTHING, rules=[rule])
    made = managing.create(create_application_request=request)
    vault = tokens_api.TokensApi(client(made.key))
    request = CreateTokenRequest(
        type="token", data={"foo": "bar", "bar": "foo"}, metadata={"user": made.id}, search_indexes=["{{ data.foo }}"]
    )
    plain = vault.create(create_token_request=request)
    assert plain.data == {"foo": "bar", "bar": "foo"}, plain
    assert vault.get_by_id(plain.id).data == plain.data
    assert [one.id for one in vault.get(metadata={"user": made.id}).data] == [plain.id]
    assert [one.id for one in vault.get(id=[plain.id], page=1, size=1).data] == [plain.id]
    assert [one.id for one in vault.get_v2(size=1).data] != []
    numbered = vault.search(search_tokens_request=SearchTokensRequest(query="data:bar", page=1, size=5))
    assert [one.id for one in numbered.data] == [plain.id], numbered
    found = vault.search_v2(search_tokens_request_v2=SearchTokensRequestV2(query="data:bar", size=5))
    assert [one.id for one in found.data] == [plain.id], found

    request = UpdateTokenRequest(data={"foo": "newbar", "bar": None})
    patched = vault.update(plain.id, update_token_request=request)
    assert patched.data == {"foo": "newbar"}, patched

    kept = tokenize_api.TokenizeApi(client(made.key)).tokenize(body={"a": "b"})
    # Their client reads no answer to this call, only that there was one.
    api = detokenize_api.DetokenizeApi(client(made.key))
    shown = api.detokenize(body={"a": "{{ " + kept["a"] + " }}"}, _preload_content=False)
    assert json.loads(shown.data) == {"a": "b"}, shown.data
    vault.delete(plain.id)
    refuses(404, lambda: vault.get_by_id(plain.id))


def session():
    create = lambda **said: managing.create(create_application_request=CreateApplicationRequest(**said))
    page = create(name="Page", type="public", permissions=["token:create"])
    server = create(name="Server", type="private", permissions=["token:create", "token:read"])
    request = CreateTokenRequest(type="token", data="secret")
    token = tokens_api.TokensApi(client(page.key)).create(create_token_request=request)
    opened = sessions_api.SessionsApi(client(page.key)).create()
    request = AuthorizeSessionRequest(nonce=opened.nonce, permissions=["token:read"])
    authorizing = sessions_api.SessionsApi(client(server.key))
    authorizing.authorize(authorize_session_request=request)
    assert tokens_api.TokensApi(client(opened.session_key)).get_by_id(token.id).id == token.id
    refuses(403, lambda: tokens_api.TokensApi(client(page.key)).get_by_id(token.id))
    refuses(409, lambda: authorizing.authorize(authorize_session_request=request))


def tenant():
    api = tenants_api.TenantsApi(client(GIVEN["key"]))
    assert api.get().settings["deduplicate_tokens"] == "false"
    logs = logs_api.LogsApi(client(GIVEN["key"]))
    assert logs.get(entity_type="vault_token", page=1, size=1).pagination.total_items >= 3
    assert "vault_token" in [one.value for one in logs.get_entity_types()]


def refuses(status, call):
    try:
        answered = call()
    except basistheory.ApiException as refusal:
        assert refusal.status == status, refusal
        return
    raise AssertionError(f"{status} was expected, and this came: {answered}")


if __name__ == "__main__":
    main()
