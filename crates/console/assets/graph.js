// The access graph: zoomed and moved by its view box, and beside it why the edges
// of the node that is picked are allowed or denied. The words are those of the
// table below it.
(() => {
  'use strict';
  const place = document.querySelector('[data-graph]');
  const svg = place && place.querySelector('svg.graph');
  if (!svg) return;
  const why = place.querySelector('[data-graph-why]');
  const tools = place.querySelector('[data-graph-tools]');
  const rows = [...document.querySelectorAll('[data-graph-edges] tr[data-from]')];
  const whole = svg.viewBox.baseVal;
  const size = { width: whole.width, height: whole.height };
  const view = { x: 0, y: 0, width: size.width, height: size.height };

  const show = () => svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
  const within = (value, least, most) => Math.min(Math.max(value, least), most);

  // Where a point of the screen is in the picture.
  const at = (x, y) => {
    const matrix = svg.getScreenCTM();
    return matrix ? new DOMPoint(x, y).matrixTransform(matrix.inverse()) : { x: 0, y: 0 };
  };
  const middle = () => ({ x: view.x + view.width / 2, y: view.y + view.height / 2 });

  // The point stays where it is on the screen.
  const zoom = (factor, point) => {
    const width = within(view.width / factor, size.width / 12, size.width * 2);
    const scale = width / view.width;
    view.x = point.x - (point.x - view.x) * scale;
    view.y = point.y - (point.y - view.y) * scale;
    view.width = width;
    view.height *= scale;
    show();
  };
  const move = (dx, dy) => {
    view.x = within(view.x + dx, -view.width / 2, size.width - view.width / 2);
    view.y = within(view.y + dy, -view.height / 2, size.height - view.height / 2);
    show();
  };
  const fit = () => {
    Object.assign(view, { x: 0, y: 0, width: size.width, height: size.height });
    show();
  };
  // As large as it is drawn, from the middle of its left side, where the nodes of
  // each column stand: a whole graph in a small window could not be read.
  const begin = () => {
    const box = svg.getBoundingClientRect();
    const scale = box.width ? Math.min(1, box.width / size.width, box.height / size.height) : 1;
    if (scale > 0.6) return fit();
    const [width, height] = [box.width / 0.8, box.height / 0.8];
    Object.assign(view, { x: 0, y: Math.max(0, (size.height - height) / 2), width, height });
    show();
  };

  const acts = {
    in: () => zoom(1.3, middle()),
    out: () => zoom(1 / 1.3, middle()),
    fit,
    none: () => pick(null),
  };
  tools.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (button) acts[button.dataset.act]();
  });

  svg.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = view.width / 10;
    const keys = {
      '+': acts.in, '=': acts.in, '-': acts.out, _: acts.out, 0: fit, Escape: acts.none,
      ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0),
      ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // The page scrolls over a picture that nobody is in.
  svg.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey && !svg.contains(document.activeElement)) return;
    event.preventDefault();
    zoom(Math.exp(within(-event.deltaY, -60, 60) / 200), at(event.clientX, event.clientY));
  }, { passive: false });

  const fingers = new Map();
  let dragged = 0;
  const apart = () => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  };
  svg.addEventListener('pointerdown', (event) => {
    if (event.button > 0) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) dragged = 0;
  });
  svg.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (fingers.size === 1) {
      dragged += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (dragged > 4) {
        if (!svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
        svg.classList.add('is-dragged');
        const from = at(before.x, before.y);
        const to = at(now.x, now.y);
        move(from.x - to.x, from.y - to.y);
      }
      fingers.set(event.pointerId, now);
    } else if (fingers.size === 2) {
      const was = apart();
      fingers.set(event.pointerId, now);
      dragged = 5;
      const [one, other] = [...fingers.values()];
      if (was > 0) zoom(apart() / was, at((one.x + other.x) / 2, (one.y + other.y) / 2));
    }
  });
  const let_go = (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) svg.classList.remove('is-dragged');
  };
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) svg.addEventListener(end, let_go);
  // A link is not to be dragged away, nor followed when the picture was moved.
  svg.addEventListener('dragstart', (event) => event.preventDefault());

  // The node that is picked, or none.
  const pick = (node) => {
    const number = node ? node.dataset.node : null;
    const near = new Set();
    for (const edge of svg.querySelectorAll('.edge[data-from]')) {
      const is_near = number !== null && (edge.dataset.from === number || edge.dataset.to === number);
      edge.classList.toggle('is-near', is_near);
      if (is_near) near.add(edge.dataset.from).add(edge.dataset.to);
    }
    for (const one of svg.querySelectorAll('a[data-node]')) {
      one.classList.toggle('is-picked', one === node);
      one.classList.toggle('is-near', one !== node && near.has(one.dataset.node));
    }
    svg.classList.toggle('has-picked', node !== null);
    tell(node, number);
  };

  const words = (name, text, kind) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };
  const tell = (node, number) => {
    if (!node) return why.replaceChildren(words('p', 'Pick a node: here stands why its edges are allowed or denied.', 'hint'));
    why.replaceChildren();
    why.append(words('h2', node.querySelector('title').textContent));
    const own = rows.filter((row) => row.dataset.from === number || row.dataset.to === number);
    const list = document.createElement('ul');
    for (const row of own) {
      const item = document.createElement('li');
      item.append(words('strong', row.dataset.words));
      for (const cell of row.querySelectorAll('[data-why]')) {
        const said = document.createElement('p');
        said.append(...[...cell.childNodes].map((child) => child.cloneNode(true)));
        item.append(said);
      }
      list.append(item);
    }
    why.append(own.length ? list : words('p', 'Nothing leads here or from here, of what is shown.'));
    const only = node.getAttribute('href');
    if (only && !only.startsWith('#')) {
      const link = words('a', 'Show only what has to do with it');
      link.href = only;
      const last = document.createElement('p');
      last.append(link);
      why.append(last);
    }
  };

  svg.addEventListener('click', (event) => {
    const node = event.target.closest('a[data-node]');
    if (dragged > 4) {
      event.preventDefault();
      dragged = 0;
      return;
    }
    if (!node) return pick(null);
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    pick(node);
  });
  // What is reached by the keyboard is brought into sight.
  svg.addEventListener('focusin', (event) => {
    const node = event.target.closest('a[data-node]');
    if (!node || !node.matches(':focus-visible')) return;
    const box = node.querySelector('svg');
    const x = box.x.baseVal.value;
    const y = box.y.baseVal.value;
    const is_seen = x >= view.x && y >= view.y && x + 208 <= view.x + view.width && y + 32 <= view.y + view.height;
    if (!is_seen) move(x + 104 - middle().x, y + 16 - middle().y);
  });

  place.classList.add('is-live');
  tools.hidden = why.hidden = false;
  tell(null);
  begin();
})();
