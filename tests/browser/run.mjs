// Runs a Python file in Pyodide under node, as a notebook's kernel in a browser tab would: within a running event loop.
// node run.mjs PYODIDE_FOLDER FILE NAME=FOLDER…     (each FOLDER of this machine is seen as /NAME there)
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [home, file, ...mounts] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${home}/pyodide.mjs`));
const pyodide = await loadPyodide();
for (const mount of mounts) {
  const [name, root] = mount.split("=");
  pyodide.FS.mkdirTree(`/${name}`);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root }, `/${name}`);
}
try {
  await pyodide.runPythonAsync(readFileSync(file, "utf8"));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
