/** The administration page: its parts and words are in `admin/`, loaded with the first look at it. */
import { addWords, t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";

export const styled = true;

/** Opens it at the section that the address names, or goes there where it is open. */
export async function openAdmin(app, state) {
  const leave = () => (location.hash = hashOf(state.open));
  if (state.user.role !== "admin") {
    app.announce(t("error.forbidden"), { urgent: true });
    return leave();
  }
  try {
    const [{ openAdministration }] = await Promise.all([
      import("../admin/main.js"),
      addWords("/admin/locale"),
    ]);
    openAdministration(app, state);
  } catch {
    app.announce(t("panel.failed"), { urgent: true });
    leave();
  }
}
