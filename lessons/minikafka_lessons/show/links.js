function (about) {
  // The sliders: the same drawing as `links_html` in Python, moved about where it stands.
  const root = document.getElementById(about.id);
  const drawing = root.querySelector("svg"), sliders = [...root.querySelectorAll("input")];
  const each = (name, then) => drawing.querySelectorAll("[data-" + name + "]").forEach((e) => then(e, ...e.dataset[name].split(",").map(Number)));
  const draw = () => {
    const [producers, consumers] = sliders.map((s) => Number(s.value));
    const height = about.top + Math.max(producers, consumers) * about.row + about.bottom;
    const y = (i, count) => about.first + (height - about.margin) / count * (i + 0.5);
    const middle = (height + about.low) / 2;
    const show = (e, yes) => (yes ? e.removeAttribute("display") : e.setAttribute("display", "none"));
    const bend = (x1, y1, x2, y2) => `M${x1},${y1} C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}`;
    each("wire", (e, p, c) => {
      show(e, p < producers && c < consumers);
      e.setAttribute("d", bend(62, y(p, producers), about.half - 62, y(c, consumers)));
    });
    each("in", (e, p) => { show(e, p < producers); e.setAttribute("d", bend(about.shift + 62, y(p, producers), about.shift + about.half / 2 - 34, middle)); });
    each("out", (e, c) => { show(e, c < consumers); e.setAttribute("d", bend(about.shift + about.half / 2 + 34, middle, about.shift + about.half - 62, y(c, consumers))); });
    each("p", (e, p) => { show(e, p < producers); e.setAttribute("transform", `translate(0,${y(p, producers)})`); });
    each("c", (e, c) => { show(e, c < consumers); e.setAttribute("transform", `translate(0,${y(c, consumers)})`); });
    drawing.setAttribute("viewBox", `0 0 ${about.width} ${height}`);
    drawing.querySelector("[data-broker]").setAttribute("height", height - 40);
    drawing.querySelector("[data-name]").setAttribute("y", middle + 4);
    const [every, bus] = drawing.querySelectorAll("[data-title]");
    const said = (words, links) => words.replace("{p}", producers).replace("{c}", consumers).replace("{links}", links);
    every.textContent = said(about.every, producers * consumers);
    bus.textContent = said(about.bus, producers + consumers);
    root.querySelectorAll("output").forEach((o, i) => { o.textContent = sliders[i].value; });
  };
  sliders.forEach((s) => { s.oninput = draw; });
  draw();
}
