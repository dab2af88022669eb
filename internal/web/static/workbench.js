// Pages are complete without this module. It shows the output of a check or an
// assessment while it runs, and puts a button for copying beside commands.

const $ = (id) => document.getElementById(id);

// piece makes elements of a fragment that the server made.
function piece(html) {
  const t = document.createElement("template");
  t.innerHTML = html;
  return t.content;
}

function say(text) { $("say").textContent = text; }

// draw puts a picture that is drawn by now in the place of its image, so that
// its texts can be read and its parts pointed at.
async function draw() {
  const place = $("picture"), from = place?.dataset.part;
  if (!from) { return; }
  delete place.dataset.part;
  place.setAttribute("aria-busy", "true");
  const response = await fetch(from).catch(() => null);
  if (response?.ok && place.isConnected) { place.replaceWith(piece(await response.text())); }
}

// handlers do what a message asks for.
const handlers = {
  add(data, out) { out.append(piece(data)); out.lastElementChild?.scrollIntoView({ block: "nearest" }); },
  swap(data) {
    const fresh = piece(data);
    const old = $(fresh.firstElementChild?.id);
    if (old) { old.replaceWith(fresh); }
    draw();
  },
  say,
};

// read calls handlers for the server-sent events of a response and returns the
// data of the last one.
async function read(response, out) {
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    throw new Error(page.querySelector("main .lead")?.textContent || response.statusText);
  }
  const lines = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", event = "", data = [];
  for (;;) {
    const { done, value } = await lines.read();
    if (done) { throw new Error("The connection to the workbench was lost. Reload the page to see how far it came."); }
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const line of parts) {
      if (line.startsWith("event: ")) { event = line.slice(7); }
      if (line.startsWith("data: ")) { data.push(line.slice(6)); }
      if (line !== "") { continue; }
      if (event === "end") { return data.join("\n"); }
      handlers[event]?.(data.join("\n"), out);
      event = ""; data = [];
    }
  }
}

// live runs what a form starts, or follows what is under way.
async function live(form, request) {
  const out = $(form.dataset.live);
  const button = form.querySelector("[data-busy]");
  const label = button.textContent;
  const verdict = $(out.id.replace("results", "verdict")) || $("verdict");
  if (verdict) { verdict.hidden = true; }
  out.replaceChildren();
  for (const d of form.parentElement.querySelectorAll(":scope > details")) { d.open = false; }
  out.setAttribute("aria-busy", "true");
  button.disabled = true;
  button.textContent = button.dataset.busy + "…";
  try {
    const to = await read(await request, out);
    if (!to.includes("#")) { location.assign(to); return; }
    if (form.querySelector("[name^='was:']")) { await refresh(form); }
  } catch (err) {
    say(err.message);
    if (verdict) { verdict.textContent = err.message; verdict.className = "ruling t-stale"; verdict.hidden = false; }
  } finally {
    out.removeAttribute("aria-busy");
    button.disabled = false;
    button.textContent = label;
    decorate();
  }
}

// refresh takes over what the server now knows of the files: in this form the
// text is what was saved, in others it is, unless somebody is writing there.
async function refresh(form) {
  const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
  for (const area of document.querySelectorAll("textarea")) {
    const fresh = page.getElementById(area.id);
    if (!fresh || area.form !== form && area.value !== area.defaultValue) { continue; }
    const was = (e) => e.form.elements["was:" + area.name.slice(5)];
    was(area).value = was(fresh).value;
    if (area.form !== form) { area.value = fresh.value; }
    area.defaultValue = fresh.value;
  }
  const list = document.querySelector(".filelist"), now = page.querySelector(".filelist");
  if (list && now) { list.replaceWith(now); }
}

for (const form of document.querySelectorAll("form[data-live]")) {
  const headers = { Accept: "text/event-stream" };
  form.addEventListener("submit", (e) => {
    if (e.submitter?.hasAttribute("formaction")) { return; }
    e.preventDefault();
    live(form, fetch(form.action, { method: "POST", headers, body: new URLSearchParams(new FormData(form)) }));
  });
  if (form.dataset.follow) { live(form, fetch(form.dataset.follow, { headers })); }
}

// decorate adds what makes no sense without a script.
function decorate() {
  for (const pre of document.querySelectorAll("[data-copy]:not([data-ready])")) {
    pre.dataset.ready = "";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the command " + pre.textContent);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.querySelector("code").textContent);
      button.textContent = "Copied";
      say("Copied");
    });
    pre.append(button);
  }
}
decorate();
draw();
