// Pictures of the console's pages, to be looked at: `cargo xtask pictures`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, visit } from "./chromium.mjs";
import { Api, ofEachType, seed, seedTenancy } from "./console/seed.mjs";
import { enter, walk } from "./console/walk.mjs";

const given = JSON.parse(process.argv[2]);
const browser = await launch();
let also = [];
if (!given.seeded) {
  also = ofEachType(await seed(new Api(given)));
  const { page, context } = await visit(browser);
  await enter(page, given);
  await seedTenancy(page, given);
  await context.close();
}
for (const colorScheme of given.schemes ?? ["light", "dark"]) {
  for (const width of given.widths ?? [360, 1280, 1920]) {
    const folder = join(given.into, `${width}-${colorScheme}`);
    mkdirSync(folder, { recursive: true });
    const { page, context } = await visit(browser, { colorScheme, viewport: { width, height: 900 } });
    await enter(page, given);
    await walk(page, given, async (path) => {
      const name = path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "");
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    }, also);
    await context.close();
  }
}
await browser.close();
