// JupyterLab reads a file once. This reads the welcome page anew when the lab has written it anew, so that marks
// appear while it is in sight. Rule: a page that somebody edits here is left alone.
(() => {
  const LOOK_MS = 1000;
  const isWelcome = (path) => /(^|\/)Welcome\.md$/.test(path);

  async function look(app) {
    for (const widget of app.shell.widgets("main")) {
      const context = widget.context;
      if (!context || !isWelcome(context.path) || !context.isReady || !widget.isVisible || context.model.dirty) continue;
      const there = await app.serviceManager.contents.get(context.path, { content: false });
      const known = context.contentsModel;
      if (known && there.last_modified !== known.last_modified && !context.model.dirty) await context.revert();
    }
  }

  const plugin = {
    id: "minikafka-welcome:plugin",
    description: "Reads the welcome page anew when it changed.",
    autoStart: true,
    activate: (app) => {
      const again = () =>
        (document.hidden ? Promise.resolve() : look(app))
          .catch(() => undefined) // the server is gone, or the file: JupyterLab says so itself
          .then(() => setTimeout(again, LOOK_MS));
      app.restored.then(again);
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["minikafka-welcome"] = {
    init: () => undefined,
    get: async () => () => plugin,
  };
})();
