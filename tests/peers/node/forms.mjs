// A browser that knows cookies, forms and redirects, and nothing else: how a
// person signs in when the test is about the client.

import assert from "node:assert/strict";

export class FormsBrowser {
  #cookies = new Map();

  /** Opens an address and stays there: where it would lead is in the answer. */
  async open(url, form) {
    const headers = { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const answer = await fetch(url, {
      method: form ? "POST" : "GET",
      body: form && new URLSearchParams(form),
      headers,
      redirect: "manual",
    });
    this.#keep(answer.headers.getSetCookie());
    const location = answer.headers.get("location");
    return {
      status: answer.status,
      url,
      location: location && new URL(location, url).href,
      html: await answer.text(),
    };
  }

  /** Sends the page's form, filled in; what the page hid in it goes along. */
  async submit(page, fields) {
    const action = page.html.match(/<form method="post" action="([^"]+)"/)?.[1];
    assert.ok(action, `a form at ${page.url}: ${page.status} ${page.html}`);
    const hidden = page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
    const all = Object.fromEntries([...hidden].map(([, name, value]) => [name, unescape(value)]));
    return this.open(new URL(unescape(action), page.url).href, { ...all, ...fields });
  }

  /** From an authorization request to the answer that the application gets. */
  async signIn(authorizationUrl, person) {
    const page = await this.open(authorizationUrl);
    const answer = await this.submit(page, { identifier: person.email, password: person.password });
    assert.equal(answer.status, 303, answer.html);
    return new URL(answer.location);
  }

  #keep(lines) {
    for (const line of lines) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

function unescape(html) {
  return html.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}
