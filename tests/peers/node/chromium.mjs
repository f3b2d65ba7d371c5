// Chromium as the machine has it, without a window.

import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

// `cargo xtask ci` installs one where none of them is.
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** A busy machine is no failure; a page that never comes is one. */
export const patient = { timeout: 180_000 };

export async function launch() {
  // As root, as containers have it, Chromium starts without its sandbox only.
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: executable(), args });
}

function executable() {
  const folders = process.env.PATH.split(delimiter);
  const places = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = places.find(isExecutable);
  assert.ok(found, "Chromium is not here; `cargo xtask ci` installs it");
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// A refusal that a test provokes is no fault of a page; a file that is missing is.
const REFUSAL = /responded with a status of 4(?!04)/;

/** A visit by somebody new, without cookies, and what the browser complains of
 * meanwhile: what the pages' policy blocks, for one. */
export async function visit(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    const serious = ["error", "warning"].includes(message.type());
    if (serious && !REFUSAL.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.setDefaultTimeout(60_000);
  return { context, page, complaints };
}

export async function signIn(page, { email, password }) {
  await isAt(page, "Sign in");
  await page.getByLabel("Email or user name").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

export async function isAt(page, heading) {
  await page.getByRole("heading", { name: heading, exact: true, level: 1 }).waitFor();
}
