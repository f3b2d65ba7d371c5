"""A browser that knows cookies, forms and redirects, and nothing else: how a
person signs in when the test is about the client."""

import html
import re
import socket
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, build_opener

socket.setdefaulttimeout(60)


class StayThere(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class FormsBrowser:
    def __init__(self):
        self._opener = build_opener(StayThere, HTTPCookieProcessor(CookieJar()))

    def open(self, url, form=None):
        """The status, where it would lead, and the page."""
        body = urlencode(form).encode() if form is not None else None
        try:
            answer = self._opener.open(url, body)
        except HTTPError as refused:
            answer = refused
        return answer.status, answer.headers.get("location"), answer.read().decode()

    def sign_in(self, authorization_url, person):
        """From an authorization request to the answer that the application gets."""
        _, _, page = self.open(authorization_url)
        action = re.search(r'<form method="post" action="([^"]+)"', page)
        assert action, page
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        form = {name: html.unescape(value) for name, value in hidden}
        form |= {"identifier": person["email"], "password": person["password"]}
        status, location, page = self.open(urljoin(authorization_url, html.unescape(action[1])), form)
        assert status == 303, (status, page)
        return location
