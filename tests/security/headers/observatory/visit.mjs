// What a visitor does: scripts, styles, fetch, WebSockets and server-sent events on the lobby; a form; pages that are
// not there.
export async function visit({ page, step, submit, see }, gateway, gateways) {
  await step("lobby", async () => {
    await page.goto("/");
    for (const other of gateways) await page.locator(`#card-${other} dl dd`).first().waitFor();
    await page.locator("#ticks li").first().waitFor();
    await page.locator("#message:enabled").fill(`hello from ${gateway}`);
    await page.locator("#chat button").click();
    await see(`hello from ${gateway}`);
  });
  await step("upload", async () => {
    await page.goto("/upload/");
    const file = { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") };
    await page.locator("input[type=file]").setInputFiles(file);
    await submit(page.getByRole("button", { name: "Upload" }));
    await see("Stored:");
  });
  await step("a page that is not there", () => page.goto("/nope/"));
  await step("a file that is not there", () => page.goto("/static/nope"));
}
