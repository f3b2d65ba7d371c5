// Everything works without this; it saves a press of a button, and shows a
// password to whoever wants to see what they type.
"use strict";

for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide the password" : "Show the password");
  };
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // Browsers offer to keep what was typed into a password's input only.
  input.form.addEventListener("submit", () => show(false));
  button.hidden = false;
}

const form = document.querySelector("form[data-send='at-once']");
if (form) form.submit();
