// Uses the admin as an editor does: Django's own scripts, with jQuery and Select2.
export async function useAdmin({ page, step, submit, see }, name, password) {
  await step("admin login", async () => {
    await page.goto("/admin/");
    await page.locator("#id_username").fill(name);
    await page.locator("#id_password").fill(password);
    await submit(page.getByRole("button", { name: "Log in" }));
    await see("Site administration");
  });
  await step("admin theme", () => page.locator("button.theme-toggle").first().click());
  await step("admin filter of the navigation", async () => {
    await page.goto("/admin/students/student/");
    await page.locator("#nav-filter").fill("stud");
  });
  const addStudent = async (student, classmate) => {
    await page.goto("/admin/students/student/add/");
    await page.locator("#id_name").fill(student);
    await page.locator("#id_age").fill("12");
    await page.locator("#id_sex").selectOption({ index: 1 });
    if (classmate) {
      await page.locator(".select2-selection").first().click();
      await page.locator(".select2-search__field").last().fill(classmate);
      await page.locator(".select2-results__option", { hasText: classmate }).first().click();
    }
    await submit(page.locator("input[name=_save]"));
    await see("was added successfully");
  };
  const mark = crypto.randomUUID().slice(0, 8); // of this run: another may have left students of its own
  const students = [`Ada ${mark}`, `Bea ${mark}`];
  await step("admin add", () => addStudent(students[0]));
  await step("admin add, with a choice by search", () => addStudent(students[1], students[0]));
  await step("admin add in a window of its own", async () => {
    await page.goto("/admin/students/student/add/");
    const [window] = await Promise.all([page.waitForEvent("popup"), page.locator("#add_id_classmate").click()]);
    await window.locator("#id_name").waitFor();
    await window.close();
  });
  await step("admin change and history", async () => {
    await page.goto(`/admin/students/student/?q=${mark}`);
    await submit(page.getByRole("link", { name: students[1] }).first());
    await submit(page.getByRole("link", { name: "History" }));
    await see("Added.");
  });
  await step("admin user, with two lists side by side and a calendar", async () => {
    await page.goto("/admin/auth/user/");
    await submit(page.getByRole("link", { name }));
    await page.locator(".selector-chosen").first().waitFor();
    await page.locator("a[id^=calendarlink]").first().click();
    await page.locator(".calendarbox").first().waitFor();
  });
  await step("admin delete", async () => {
    await page.goto(`/admin/students/student/?q=${mark}`);
    await page.locator("#action-toggle").click();
    await page.locator("select[name=action]").selectOption("delete_selected");
    await submit(page.locator("#changelist-form button[name=index]"));
    await submit(page.locator("#content input[type=submit]"));
    await see("Successfully deleted");
  });
  await step("admin logout", async () => {
    await page.goto("/admin/password_change/");
    await submit(page.locator("#logout-form button"));
    await see("Logged out");
  });
}
