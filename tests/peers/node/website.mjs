// An application's own web server, on a free port of this machine.

import { once } from "node:events";
import { createServer } from "node:http";

export class Website {
  #server;
  /** What is at which path; every other path has a page that repeats what it was sent. */
  files = {};

  static async open(host) {
    const site = new Website();
    site.#server = createServer((request, response) => site.#answer(request, response));
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    site.origin = `http://${host}:${site.#server.address().port}`;
    return site;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    const form = await body(request);
    const { type, text } = this.files[pathname] ?? page(`${request.method} ${pathname}`, form);
    response.writeHead(200, { "content-type": type }).end(text);
  }
}

function page(title, form) {
  const escaped = form.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const text = `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>${title}</title><pre>${escaped}</pre>`;
  return { type: "text/html; charset=utf-8", text };
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
