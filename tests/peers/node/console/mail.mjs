// Letters, as a development server puts them into a folder.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The link in the newest letter to somebody; it comes a moment after it was asked for. */
export async function linkTo(folder, email) {
  for (let tries = 0; tries < 100; tries += 1) {
    const link = letters(folder).find((letter) => letter.includes(email))?.match(/https?:\/\/\S+token=\S+/)?.[0];
    if (link) return link;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nobody wrote to ${email}`);
}

function letters(folder) {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".eml")).sort().reverse();
    return names.map((name) => plain(readFileSync(join(folder, name), "utf8")));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

/** RFC 2045 §6.7: what is quoted, as it was written. */
function plain(letter) {
  if (!/content-transfer-encoding: quoted-printable/i.test(letter)) return letter;
  const joined = letter.replace(/=\r?\n/g, "");
  return joined.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
