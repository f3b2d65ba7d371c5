// Forms of the console, as somebody fills them in.

/** Opens a page, fills its form in by the names of its fields, and sends it. */
export async function fill(page, path, fields, button) {
  await page.goto(path);
  await send(page, fields, button);
}

/** The same on the page that is open. A list picks several of one name. */
export async function send(page, fields, button) {
  const form = page.locator("main form.form").filter({ has: page.getByRole("button", { name: button }) }).last();
  for (const [name, value] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    const kind = await field.first().evaluate((input) => input.type || input.tagName);
    if (kind === "radio" || kind === "checkbox") {
      for (const one of [value].flat()) await form.locator(`[name="${name}"][value="${one}"]`).check();
    } else if (kind.startsWith("select")) {
      await field.selectOption(value);
    } else {
      await field.fill(value);
    }
  }
  await form.getByRole("button", { name: button }).click();
  await page.waitForLoadState("load");
}
