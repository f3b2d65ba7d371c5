// Everything works without this: it saves presses of buttons, asks before what
// takes something away, and shows times in the reader's zone.
"use strict";

(() => {
  document.documentElement.classList.add("scripted");

  const asClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  const times = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.title = time.textContent;
      time.textContent = asClock.format(at);
      time.dataset.local = "";
    }
  };

  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };

  const copies = (root) => {
    if (!navigator.clipboard) return;
    for (const text of root.querySelectorAll("[data-copy]")) {
      const value = text.textContent;
      text.removeAttribute("data-copy");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${value.length > 40 ? "this" : value}`);
      button.addEventListener("click", () => copy(button, value));
      text.after(button);
    }
  };

  const downloads = (root) => {
    for (const button of root.querySelectorAll("[data-download]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([`${button.dataset.text}\n`], { type: "text/plain" }));
        link.download = button.dataset.download;
        link.click();
        URL.revokeObjectURL(link.href);
      });
    }
  };

  const picks = (root) => {
    for (const all of root.querySelectorAll("[data-pick-all]")) {
      const boxes = () => all.closest("table").querySelectorAll("input[name='id']");
      all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
    }
  };

  const without = (root) => {
    for (const button of root.querySelectorAll("[data-without-script]")) button.classList.add("unseen");
  };

  // Moments are sent in UTC, and typed in the reader's zone.
  const zones = (root) => {
    for (const shown of root.querySelectorAll("input[type='datetime-local'][name]")) {
      const sent = document.createElement("input");
      Object.assign(sent, { type: "hidden", name: shown.name, value: shown.value });
      shown.removeAttribute("name");
      shown.step = "any";
      shown.value = shown.value && inZone(new Date(`${shown.value}Z`));
      shown.addEventListener("input", () => {
        sent.value = shown.value && new Date(shown.value).toISOString().slice(0, -1);
      });
      shown.after(sent);
      const zone = shown.labels[0]?.querySelector("[data-zone]");
      if (zone) zone.textContent = `(${asClock.resolvedOptions().timeZone})`;
    }
  };

  const inZone = (at) => {
    if (Number.isNaN(at.getTime())) return "";
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  };

  const prepare = (root) => {
    for (const part of [zones, times, copies, downloads, picks, without]) part(root);
  };

  // What takes something away is asked about first.
  const dialog = document.getElementById("ask");
  let asked = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-ask]");
    if (!button || button === asked || !dialog) return;
    event.preventDefault();
    document.getElementById("ask-question").textContent = button.dataset.ask;
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      asked = button;
      button.click();
      asked = null;
    };
    dialog.showModal();
  });
  for (const answer of document.querySelectorAll("#ask [data-answer]")) {
    answer.addEventListener("click", () => dialog.close(answer.dataset.answer));
  }

  // Nothing is sent twice.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });

  const menu = document.querySelector("[data-menu]");
  if (menu) {
    const side = document.getElementById("nav");
    menu.hidden = false;
    menu.addEventListener("click", () => {
      menu.setAttribute("aria-expanded", String(side.classList.toggle("open")));
    });
  }

  // A list that does not come is said to be missing, and what stood there stays.
  const failed = (list, words) => {
    document.getElementById("list-fault")?.remove();
    if (!words) return;
    const notice = document.createElement("div");
    notice.id = "list-fault";
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    notice.append(Object.assign(document.createElement("p"), { textContent: words }));
    list.before(notice);
  };
  document.addEventListener("htmx:after:request", (event) => {
    const { target, response, text } = event.detail.ctx;
    if (target?.id !== "list") return;
    if (response.status < 400 && text.includes('id="list"')) return failed(target, "");
    event.preventDefault();
    // Whoever is signed out signs in again, and comes back here.
    if (response.status < 400) return location.reload();
    failed(target, `The list could not be loaded (${response.status}). What stands below is as it was.`);
  });
  document.addEventListener("htmx:error", (event) => {
    const list = event.detail.ctx?.target;
    if (list?.id === "list") failed(list, "The server could not be reached. What stands below is as it was.");
  });

  prepare(document);
  // htmx 4 names its events so; the new part is prepared as the page was.
  document.addEventListener("htmx:after:swap", () => prepare(document));
  document.querySelector("[aria-invalid]")?.focus();
})();
