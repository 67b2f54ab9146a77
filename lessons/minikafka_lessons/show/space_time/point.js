function (about) {
  // Point at a message, tap it, or walk with the arrow keys: what is in it stands below. An API's button hides its own.
  const bind = (root) => {
    const panel = root.querySelector("[data-panel]"), hint = panel.innerHTML;
    const messages = [...root.querySelectorAll(".m")];
    let kept = null;
    const say = (words, style) => {
      if (!words) { return; }
      const line = document.createElement("div");
      line.textContent = words;
      line.style.cssText = style;
      panel.append(line);
    };
    const write = (message) => {
      panel.replaceChildren();
      const others = messages.filter((m) => m !== message && m.dataset.e === message.dataset.e && m.ownerSVGElement === message.ownerSVGElement);
      [message, ...others].forEach((one, place) => {
        const [title, says, cause] = about.said[Number(one.dataset.m)];
        say(title, place ? "margin-top:4px" : "font-weight:600");
        say(says, "font-family:var(--jp-code-font-family, monospace);font-size:12px");
        say(cause, "opacity:.7");
      });
    };
    const light = (message) => {
      messages.forEach((m) => m.classList.toggle("on", message !== null && m.dataset.e === message.dataset.e));
      root.querySelectorAll("svg").forEach((svg) => svg.classList.toggle("some", message !== null));
      if (message) { write(message); } else { panel.innerHTML = hint; }
    };
    messages.forEach((message) => {
      message.onmouseenter = () => light(message);
      message.onmouseleave = () => light(kept);
      message.onfocus = () => { kept = message; light(message); };
      message.onclick = () => { message.focus(); kept = message; light(message); };
      message.onkeydown = (event) => {
        if (event.key === "Escape") { kept = null; message.blur(); light(null); }
        const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
        if (!step) { return; }
        event.preventDefault();
        event.stopPropagation();
        const seen = messages.filter((m) => m.ownerSVGElement === message.ownerSVGElement && m.style.display !== "none");
        const next = seen[seen.indexOf(message) + step];
        if (next) { next.focus(); }
      };
    });
    root.querySelectorAll("button[data-api]").forEach((button) => {
      button.onclick = () => {
        const shown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(shown));
        root.querySelectorAll("[data-of]").forEach((e) => { if (e.dataset.of === button.dataset.api) { e.style.display = shown ? "" : "none"; } });
      };
    });
  };
  document.querySelectorAll("#" + about.id).forEach(bind);
}
