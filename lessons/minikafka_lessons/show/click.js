function (about) {
  // A click on an option tells the kernel, by the same door that the notebook itself uses. Nothing else is sent.
  const places = () => [...document.querySelectorAll("#minikafka-" + about.id)];
  const say = (words) => places().forEach((p) => { p.querySelector("[data-state]").textContent = words; });
  const mark = (letter) => places().forEach((p) => p.querySelectorAll("button").forEach((b) => {
    const mine = b.dataset.letter === letter;
    b.disabled = true;
    b.style.cursor = "default";
    b.style.opacity = mine ? 1 : 0.6;
    if (mine) { b.style.borderColor = "#3f8ae0"; b.style.fontWeight = 600; }
  }));
  const choose = (letter) => {
    const typed = about.words.unreachable + " <name>.seal(\"" + letter + "\")";
    const gone = about.words.gone;
    const tag = document.getElementById("jupyter-config-data");
    if (!tag) { say(typed); return; }
    const page = JSON.parse(tag.textContent);
    const base = page.wsUrl || location.origin.replace(/^http/, "ws") + page.baseUrl;
    const session = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
    const token = page.token ? "&token=" + encodeURIComponent(page.token) : "";
    const socket = new WebSocket(base + "api/kernels/" + about.kernel + "/channels?session_id=" + session + token);
    const id = session + "-click";
    let answered = false;
    const end = (words) => { answered = true; say(words); socket.close(); };
    socket.onopen = () => {
      say(about.words.soon);
      socket.send(JSON.stringify({
        channel: "shell", buffers: [], parent_header: {}, metadata: {},
        header: { msg_id: id, session: session, username: "", date: new Date().toISOString(), msg_type: "comm_open", version: "5.3" },
        content: { comm_id: id, target_name: about.target, data: { id: about.id, letter: letter } }
      }));
    };
    socket.onmessage = (event) => {
      const got = JSON.parse(event.data);
      if (!got.content || got.content.comm_id !== id) { return; }
      const told = got.content.data || {};
      if (got.msg_type === "comm_close" || (got.header && got.header.msg_type === "comm_close") || (!told.sealed && !told.over)) { end(gone); }
      else if (told.sealed) { mark(told.sealed); end(about.words.sealed); }
      else { end(about.words.over); }
    };
    socket.onerror = () => { if (!answered) { end(gone); } };
  };
  places().forEach((p) => p.querySelectorAll("button").forEach((b) => { b.onclick = () => choose(b.dataset.letter); }));
}
