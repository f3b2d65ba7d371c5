// Asks for the newest of a list again and again while its box is ticked, and
// rests while nobody looks at the page.
(() => {
  'use strict';
  const EVERY = 5000;
  const box = document.querySelector('[data-follow-box]');
  if (!box) return;
  const input = box.querySelector('input');
  const said = box.querySelector('[role="status"]');
  const ask = () => {
    // Whoever reads what changed is not to lose it.
    if (!input.checked || document.hidden || document.querySelector('#list details[open]')) return;
    const list = document.querySelector('[data-follow]');
    if (list) list.dispatchEvent(new CustomEvent('follow'));
  };
  input.addEventListener('change', () => {
    said.textContent = input.checked ? 'The newest come by themselves.' : '';
    ask();
  });
  document.addEventListener('visibilitychange', ask);
  setInterval(ask, EVERY);
  box.hidden = false;
})();
