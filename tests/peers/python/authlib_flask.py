"""Authlib signs a person in to a server application, from discovery to logout.

The application is a Flask one, as Authlib's manual shows it, and called without
a network; Authlib speaks to Appkeep over HTTP. What Authlib verifies by itself:
`state`, and the ID token: signature, `iss`, `aud`, `exp`, `nonce`, `at_hash`.
The issuer of the answer (RFC 9207) it leaves to the application.
"""

import json
import sys

import jwt
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, jsonify, request

from forms import FormsBrowser

GIVEN = json.loads(sys.argv[1])
ISSUER, PERSON = GIVEN["issuer"], GIVEN["person"]

app = Flask("peer")
app.secret_key = "of this run only"
oauth = OAuth(app)
appkeep = oauth.register(
    "appkeep",
    client_id=GIVEN["client_id"],
    client_secret=GIVEN["client_secret"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
)


@app.get("/sign-in")
def sign_in():
    return appkeep.authorize_redirect(GIVEN["redirect_uri"], max_age=60, prompt=request.args.get("prompt"))


@app.get("/callback")
def callback():
    assert request.args["iss"] == appkeep.load_server_metadata()["issuer"], request.args
    return jsonify(appkeep.authorize_access_token())


@app.get("/sign-out")
def sign_out():
    return appkeep.logout_redirect(GIVEN["post_logout_redirect_uri"], request.args["id_token"])


@app.get("/bye")
def bye():
    return appkeep.validate_logout_response()


def main():
    browser, visitor = FormsBrowser(), app.test_client()
    tokens = authorize(browser, visitor)
    read(tokens)
    renewed = refresh(tokens)
    verify_access_token(renewed["access_token"])
    revoke(renewed)
    leave(browser, visitor, authorize(browser, visitor))


def authorize(browser, visitor):
    asked = visitor.get("/sign-in", query_string={"prompt": "login"})
    assert asked.status_code == 302, asked.text
    answer = browser.sign_in(asked.location, PERSON)
    assert answer.startswith(GIVEN["redirect_uri"] + "?"), answer
    returned = visitor.get("/callback", query_string=answer.split("?", 1)[1])
    assert returned.status_code == 200, returned.text
    return returned.json


def read(tokens):
    claims = tokens["userinfo"]
    assert claims["amr"] == ["pwd"] and claims["sid"], claims
    with app.test_request_context():
        userinfo = appkeep.userinfo(token=tokens)
    assert userinfo["sub"] == claims["sub"], userinfo
    assert (userinfo["email"], userinfo["name"]) == (PERSON["email"], PERSON["name"]), userinfo


def refresh(tokens):
    with oauth_session(tokens) as client:
        renewed = dict(client.refresh_token(endpoint("token_endpoint"), tokens["refresh_token"]))
    assert renewed["refresh_token"] != tokens["refresh_token"], "it rotates"
    assert renewed["access_token"] != tokens["access_token"]
    return renewed


def verify_access_token(token):
    """As an API would that trusts the issuer: by its keys alone, with PyJWT."""
    key = jwt.PyJWKClient(endpoint("jwks_uri")).get_signing_key_from_jwt(token)
    options = {"require": ["exp", "iat", "sub", "client_id"], "verify_aud": False}
    claims = jwt.decode(token, key, algorithms=[jwt.get_unverified_header(token)["alg"]], issuer=ISSUER, options=options)
    assert claims["client_id"] == GIVEN["client_id"], claims


def revoke(tokens):
    with oauth_session(tokens) as client:
        answer = client.revoke_token(endpoint("revocation_endpoint"), tokens["refresh_token"], "refresh_token")
        assert answer.status_code == 200, answer.text
        try:
            client.refresh_token(endpoint("token_endpoint"), tokens["refresh_token"])
        except OAuthError as error:
            assert error.error == "invalid_grant", error
        else:
            raise AssertionError("a revoked refresh token was accepted")


def leave(browser, visitor, tokens):
    asked = visitor.get("/sign-out", query_string={"id_token": tokens["id_token"]})
    status, location, page = browser.open(asked.location)
    assert location and location.startswith(GIVEN["post_logout_redirect_uri"] + "?"), (status, location, page)
    returned = visitor.get("/bye", query_string=location.split("?", 1)[1])
    assert returned.status_code == 200, returned.text
    with app.test_request_context():
        refused = appkeep.get(endpoint("userinfo_endpoint"), token=tokens)
    assert refused.status_code == 401, refused.text


def oauth_session(tokens):
    return OAuth2Session(GIVEN["client_id"], GIVEN["client_secret"], token=tokens)


def endpoint(name):
    return appkeep.load_server_metadata()[name]


main()
