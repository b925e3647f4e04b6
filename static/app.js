// Keys, copying, dismissing and a guard against losing what was typed. Every page works without this file.
"use strict";

(() => {
  const switchKey = "duodesk.keys";
  const announce = (() => {
    const region = document.createElement("p");
    region.className = "vh";
    region.setAttribute("role", "status");
    document.body.append(region);
    return (text) => { region.textContent = text; };
  })();

  const showScripted = () => {
    for (const element of document.querySelectorAll(".js-only[hidden]")) element.hidden = false;
    // What was hidden while the page loaded did not get the focus then.
    if (document.activeElement === document.body) document.querySelector(".js-only [autofocus]")?.focus();
  };
  showScripted();
  document.addEventListener("htmx:afterSwap", showScripted);

  // The server writes clock times in the zone that this cookie names, from the next page on.
  document.cookie = `tz=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)}; path=/; max-age=31536000; samesite=lax`;

  // On a narrow page the tabs are wider than it: the one that is open is brought into sight.

  const tab = document.querySelector(".tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;

  // Copy, print, dismiss, open.

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const text = source.dataset.plain || source.textContent;
    const label = button.firstChild;
    button.dataset.label ??= label.data;
    try {
      await navigator.clipboard.writeText(text.trim());
      label.data = "Copied ";
      announce("Copied");
    } catch {
      getSelection().selectAllChildren(source);
      label.data = "Marked: press Ctrl C ";
    }
    setTimeout(() => { label.data = button.dataset.label; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.copy) copy(button);
    else if (button && "print" in button.dataset) print();
    else if (button && "dismiss" in button.dataset) button.closest(".flash").remove();
    else if (button?.dataset.open) document.getElementById(button.dataset.open).showModal();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (menu.open && menu.matches?.("details[data-menu]")) menu.querySelector("input[type=search]")?.focus();
  }, true);

  // On paper a page says when it was printed, in the operator's zone.

  addEventListener("beforeprint", () => {
    for (const place of document.querySelectorAll("[data-printed]")) {
      const zone = { timeZone: place.dataset.printed, timeZoneName: "short" };
      const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
      place.dataset.read ??= place.textContent;
      place.textContent = `${new Date().toLocaleString("en-GB", { ...parts, ...zone })}, ${place.dataset.read}`;
    }
  });

  // A password can be looked at while it is typed.

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-reveal]");
    if (!button) return;
    const box = document.getElementById(button.dataset.reveal);
    const show = box.type === "password";
    box.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });
  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll("button[data-reveal]")) document.getElementById(button.dataset.reveal).type = "password";
  });

  // A list of boxes is narrowed while typing; what is ticked stays in sight.

  for (const input of document.querySelectorAll("input[data-narrow]")) {
    const rows = document.getElementById(input.dataset.narrow).querySelectorAll(".check");
    const button = input.form.querySelector("[data-narrow-button]");
    button.type = "button"; // or Enter anywhere in the form would press it
    button.hidden = true;
    const narrow = () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.querySelector("input").checked && !row.textContent.toLowerCase().includes(wanted);
    };
    input.addEventListener("input", narrow);
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    narrow();
  }
  document.addEventListener("change", (event) => {
    const list = event.target.closest(".reach-list");
    if (list && event.target.checked) document.getElementById("reach-chosen").checked = true;
  });

  // An invitation's token stands behind the # of its link, which no server sees.

  const invitation = document.querySelector("form[data-from-fragment]");
  if (invitation && location.hash.length > 1) {
    invitation.elements[invitation.dataset.fromFragment].value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    invitation.requestSubmit();
  }

  // A passkey is asked of the browser, or made by it; the form then carries its answer.

  const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const toBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const passkeyFaults = {
    NotAllowedError: "No passkey was used. Try again.",
    NotSupportedError: "This browser does not support passkeys. Use another browser, or another way.",
    QuotaExceededError: "Too many attempts right now. Try again in a few seconds.",
    InvalidStateError: "This passkey is set up already.",
    SecurityError: "This address takes no passkeys. Open the console by its name.",
  };

  async function passkeyAnswer(form) {
    if (!window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
    const answer = await fetch(form.dataset.passkey, { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: new URLSearchParams(form.elements.proof ? { proof: form.elements.proof.value } : {}) });
    if (answer.status === 429 || answer.status === 503) throw new DOMException("", "QuotaExceededError");
    if (!answer.ok || answer.redirected) throw new Error("refused");
    const { token, options } = await answer.json();
    const asked = options.publicKey;
    asked.challenge = fromBase64(asked.challenge);
    if (asked.user) asked.user.id = fromBase64(asked.user.id);
    for (const known of [...(asked.allowCredentials ?? []), ...(asked.excludeCredentials ?? [])]) known.id = fromBase64(known.id);
    const made = await navigator.credentials["make" in form.dataset ? "create" : "get"]({ publicKey: asked });
    const { response } = made;
    const texts = { id: made.id, rawId: toBase64(made.rawId), type: made.type, authenticatorAttachment: made.authenticatorAttachment ?? undefined, clientExtensionResults: made.getClientExtensionResults(), response: { clientDataJSON: toBase64(response.clientDataJSON) } };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (response[part]) texts.response[part] = toBase64(response[part]);
    if (response.getTransports) texts.response.transports = response.getTransports();
    form.elements.challenge.value = token;
    form.elements.answer.value = JSON.stringify(texts);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey || form.elements.answer.value) return;
    event.preventDefault();
    const fault = form.querySelector("[data-passkey-fault]");
    const button = form.querySelector("button");
    fault.textContent = "";
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    try {
      await passkeyAnswer(form);
      form.requestSubmit(button);
    } catch (error) {
      button.removeAttribute("aria-busy");
      fault.textContent = passkeyFaults[error.name] ?? "The passkey could not be used. Reload the page, or use another way.";
    }
  });

  // A form is sent once; what was typed into a guarded form is not lost by leaving.

  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && "guard" in form.dataset) changed.add(event.target);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // An answer that is a file leaves the page as it is: it can be asked for again.
    if (form.getAttribute("method") !== "post" || event.defaultPrevented || "download" in form.dataset) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "yes";
    for (const input of changed) if (input.form === form) changed.delete(input);
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
    for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.answer.value = "";
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });
  addEventListener("beforeunload", (event) => {
    if ([...changed].some((input) => input.isConnected)) event.preventDefault();
  });

  // Keys: / and ? and Esc, the letters shown on buttons, and g followed by a letter.

  const keysSwitch = document.querySelector("[data-keys-switch]");
  const stored = () => { try { return localStorage.getItem(switchKey); } catch { return null; } };
  let keysOn = stored() !== "off";
  if (keysSwitch) {
    keysSwitch.checked = keysOn;
    keysSwitch.addEventListener("change", () => {
      keysOn = keysSwitch.checked;
      try { localStorage.setItem(switchKey, keysOn ? "on" : "off"); } catch { /* storage is closed: this page only */ }
    });
  }

  const typing = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  let prefix = "";
  let prefixTimer;

  function press(keys) {
    const target = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === keys && element.checkVisibility());
    if (!target) return false;
    target.focus();
    target.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details[data-menu][open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      return;
    }
    if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const keys = prefix + event.key;
    prefix = "";
    clearTimeout(prefixTimer);
    if (keys === "/") {
      const search = document.querySelector("main input[type=search]") || document.getElementById("switch-q");
      if (!search) return;
      const menu = search.closest("details");
      if (menu) menu.open = true;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (keys === "?") {
      document.getElementById("keys")?.showModal();
    } else if (keys === "g") {
      prefix = "g ";
      prefixTimer = setTimeout(() => { prefix = ""; }, 1200);
    } else if (press(keys)) {
      event.preventDefault();
    }
  });

  // A search replaces its list while someone types: the count is said, the arrows go to the rows that are shown and back,
  // and Enter goes to the first.

  const listOf = (search) => document.querySelector(search.form?.getAttribute("hx-target") || "main");
  const rowsOf = (list) => [...list.querySelectorAll("tbody tr, .pick a, .catalogue li")]
    .map((row) => (row.matches("a") ? row : row.querySelector("th a, td a, a"))).filter((link) => link?.checkVisibility());
  const searches = () => [...document.querySelectorAll("#switch-q, main input[type=search]")].filter((search) => search.checkVisibility());
  let toFirst = null;
  const firstKey = "duodesk.to-first";

  document.addEventListener("keydown", (event) => {
    if (!/^Arrow(Up|Down)$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    for (const search of searches()) {
      const links = rowsOf(listOf(search));
      const at = links.indexOf(event.target);
      if (event.target !== search && at < 0) continue;
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      const target = next < 0 ? search : links[next];
      if (!target || (next < 0 && at < 0)) return;
      event.preventDefault();
      target.focus();
      return;
    }
  });
  document.addEventListener("submit", (event) => {
    toFirst = event.target;
    // A search that leads to another page goes to the first row there.
    if (!event.target.matches("main form[role=search]:not([hx-boost])")) return;
    try { sessionStorage.setItem(firstKey, "1"); } catch { /* storage is closed: the focus stays at the head of that page */ }
  });
  try {
    if (sessionStorage.getItem(firstKey) && document.activeElement === document.body) rowsOf(document.querySelector("main"))[0]?.focus();
    sessionStorage.removeItem(firstKey);
  } catch { /* as above */ }
  document.addEventListener("input", () => { toFirst = null; });
  // A late answer replaces the row that has the focus by one like it, which gets the focus.
  let left = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const focused = document.activeElement;
    left = event.detail.target?.contains(focused) ? focused.getAttribute("href") : null;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const form = event.detail.requestConfig?.elt;
    const search = form?.querySelector?.("input[type=search]");
    if (!search) return;
    const list = listOf(search);
    const links = rowsOf(list);
    announce(list.querySelector(".caption, .empty strong")?.textContent.trim() || `${links.length} found`);
    const focused = document.activeElement;
    if (left && focused === document.body) (links.find((link) => link.getAttribute("href") === left) || search).focus();
    if (toFirst === form && (focused === document.body || form.contains(focused))) links[0]?.focus();
  });

  // A table that is wider than its place scrolls, and can be scrolled by keyboard. One that fits keeps its head in sight.

  const measured = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const place = target.closest("[data-scroll]");
      if (!place) continue;
      const wide = place.firstElementChild.offsetWidth > place.clientWidth + 1;
      place.classList.toggle("fits", !wide);
      if (wide) place.tabIndex = 0;
      else place.removeAttribute("tabindex");
    }
  });
  const measure = () => {
    for (const place of document.querySelectorAll("[data-scroll]")) {
      measured.observe(place);
      measured.observe(place.firstElementChild);
    }
  };
  measure();
  document.addEventListener("htmx:afterSwap", measure);

  // What waits for a person is followed until it is over.

  const live = document.querySelector("[data-events]");
  if (live) {
    const left = live.querySelector(".live-left");
    let until = performance.now() + live.dataset.left * 1000;
    const count = () => {
      const seconds = Math.ceil((until - performance.now()) / 1000);
      if (left) left.textContent = seconds > 0 ? `${seconds} s left` : "";
    };
    const counting = setInterval(count, 1000);
    const events = new EventSource(live.dataset.events);
    events.addEventListener("message", ({ data }) => {
      const now = JSON.parse(data);
      // A code that the caller has yet to read out stays in sight.
      const stays = now.done && now.answer === (live.dataset.answer || "approved") && live.dataset.approved;
      const text = live.querySelector(".live-text");
      const words = stays ? live.dataset.approved : now.text;
      if (text.textContent !== words) text.textContent = words;
      const bar = document.querySelector("progress");
      if (live.dataset.shows && bar && now.part > bar.value) {
        bar.value = now.part;
        window.htmx?.ajax("GET", location.href, { target: live.dataset.shows, select: live.dataset.shows, swap: "outerHTML" });
      }
      if (now.left) until = performance.now() + now.left * 1000;
      count();
      if (!now.done) return;
      events.close();
      if (!stays) {
        location.replace(live.dataset.then);
        return;
      }
      if (live.dataset.answer) live.classList.add("done");
      clearInterval(counting);
      if (left) left.textContent = "";
      const link = live.querySelector("a");
      link.href = live.dataset.then;
      link.textContent = live.dataset.onward;
      link.removeAttribute("target");
    });
    events.addEventListener("error", () => {
      // A stream that was refused is not opened again; one that was cut is.
      if (events.readyState !== EventSource.CLOSED) return;
      clearInterval(counting);
      live.querySelector(".live-text").textContent = "Live updates have stopped. Use the link to see how far it is.";
    });
    addEventListener("pagehide", () => events.close());
  }

  // A refused form swapped in by htmx takes the focus to its first fault, as a loaded page would.

  document.addEventListener("htmx:afterSwap", () => {
    document.querySelector("main tr[data-bad] [aria-invalid]")?.focus();
  });
})();
