function (about) {
  // A press, or a key, tells the kernel by the door that the notebook itself uses; while it runs, the page asks for more.
  const bars = () => [...document.querySelectorAll('[data-player="' + about.id + '"]')];
  const write = (name, words) => bars().forEach((bar) => { bar.querySelector("[data-" + name + "]").textContent = words; });
  const session = Math.random().toString(16).slice(2) + Date.now().toString(16), comm = session + "-player";
  let socket = null, waiting = false, running = false, soon = null, opened = false;
  const paint = () => bars().forEach((bar) => {
    const button = bar.querySelector('[data-verb="run"]');
    button.querySelectorAll("path").forEach((icon) => icon.setAttribute("display", (icon.dataset.icon === "1") === running ? "inline" : "none"));
    button.setAttribute("aria-pressed", String(running));
  });
  const stop = () => { running = false; clearTimeout(soon); paint(); };
  const send = (verb, bar) => {
    const speed = Number(bar.querySelector("[data-speed]").value);
    const type = opened ? "comm_msg" : "comm_open";
    opened = true;
    waiting = true;
    socket.send(JSON.stringify({
      channel: "shell", buffers: [], parent_header: {}, metadata: {},
      header: { msg_id: session + "-" + Math.random(), session: session, username: "", date: new Date().toISOString(), msg_type: type, version: "5.3" },
      content: { comm_id: comm, target_name: about.target, data: { id: about.id, verb: verb, speed: speed } }
    }));
  };
  const heard = (event, bar) => {
    if (typeof event.data !== "string") { return; }
    const got = JSON.parse(event.data), type = got.msg_type || (got.header && got.header.msg_type);
    if (!got.content || got.content.comm_id !== comm || !type.startsWith("comm")) { return; }
    const told = got.content.data || {};
    waiting = false;
    if (type === "comm_close" || told.gone) { opened = false; stop(); write("said", about.words.gone); return; }
    write("now", told.now);
    write("said", told.said);
    if (told.said) { stop(); }
    if (running) { soon = setTimeout(() => send("run", bar), about.tick); }
  };
  const press = (verb, bar) => {
    if (waiting) { return; }
    const tag = document.getElementById("jupyter-config-data");
    if (!tag || !about.kernel) { stop(); write("said", about.words.unreachable); return; }
    if (socket && socket.readyState === 1) { send(verb, bar); return; }
    const page = JSON.parse(tag.textContent);
    const base = page.wsUrl || location.origin.replace(/^http/, "ws") + page.baseUrl;
    const token = page.token ? "&token=" + encodeURIComponent(page.token) : "";
    waiting = true;
    opened = false;
    socket = new WebSocket(base + "api/kernels/" + about.kernel + "/channels?session_id=" + session + token);
    socket.onopen = () => send(verb, bar);
    socket.onmessage = (event) => heard(event, bar);
    socket.onerror = () => { waiting = false; stop(); write("said", about.words.gone); };
    socket.onclose = () => { waiting = false; stop(); };
  };
  const run = (bar) => {
    if (running) { stop(); return; }
    running = true;
    paint();
    press("run", bar);
  };
  bars().forEach((bar) => {
    bar.querySelectorAll("button").forEach((button) => {
      button.onclick = () => {
        if (button.dataset.verb === "run") { run(bar); } else { stop(); press(button.dataset.verb, bar); }
      };
    });
    bar.onkeydown = (event) => {
      if (event.target.tagName === "SELECT" || event.ctrlKey || event.altKey || event.metaKey) { return; }
      const verb = { ",": "back", ".": "step", "m": "message", " ": "run" }[event.key];
      const button = verb && bar.querySelector('[data-verb="' + verb + '"]');
      if (!button) { return; }
      event.preventDefault();
      event.stopPropagation();
      button.click();
    };
  });
}
