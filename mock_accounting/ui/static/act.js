// What can be done on the pages: switches of the control API, trying the API,
// copying, printing. The pages themselves never write.
"use strict";
(() => {
  const tokenName = "mock-control-token";
  const asksToken = document.body.hasAttribute("data-asks-token");

  // A form as the control API reads it: names with a dot are objects inside, a
  // field that stands in the address is left out, and a file is the whole. What
  // an empty field means stands in data-empty; without it the field is left out.
  const read = async (form) => {
    const content = {};
    for (const field of form.elements) {
      if (field.dataset.whole !== undefined) return JSON.parse(await field.files[0].text());
      const value = field.value || field.dataset.empty;
      if (!field.name || !value) continue;
      if (form.dataset.control.includes(`{${field.name}}`)) continue;
      const path = field.name.split(".");
      const last = path.pop();
      let place = content;
      for (const step of path) place = place[step] ??= {};
      if (field.dataset.json !== undefined || !field.value) place[last] = JSON.parse(value);
      else if (field.type === "number") place[last] = Number(value);
      else place[last] = value;
    }
    return content;
  };

  const address = (source) =>
    source.dataset.control.replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(source.elements[name].value),
    );

  const send = async (action, content) => {
    const [method, path] = action.split(" ");
    const headers = { "Content-Type": "application/json" };
    if (asksToken) {
      const token =
        window.sessionStorage.getItem(tokenName) ??
        window.prompt("Control token, as the mock printed it when it started");
      if (!token) throw new Error("The control token is needed for this.");
      headers["X-Mock-Token"] = token;
      window.sessionStorage.setItem(tokenName, token);
    }
    const hasBody = method === "POST";
    const body = hasBody ? JSON.stringify(content) : undefined;
    const answer = await fetch(path, { method, headers, body });
    if (answer.status === 401) window.sessionStorage.removeItem(tokenName);
    const said = await answer.text();
    if (!answer.ok) throw new Error(problemIn(said) ?? `Refused: ${answer.status}`);
    return said;
  };

  const problemIn = (said) => {
    try {
      return JSON.parse(said).error;
    } catch {
      return undefined;
    }
  };

  const act = async (source, content) => {
    if (source.dataset.confirm && !window.confirm(source.dataset.confirm)) return;
    const scope = source.matches("form") ? source : document;
    const outcome = scope.querySelector("[data-outcome]");
    try {
      await send(address(source), await content());
      document.dispatchEvent(new Event("mock:changed"));
      if (outcome) outcome.textContent = "Done.";
      if (source.matches("form")) source.reset();
    } catch (problem) {
      if (outcome) outcome.textContent = problem.message;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.control) {
      event.preventDefault();
      act(form, () => read(form));
    } else if (form.dataset.try !== undefined) {
      event.preventDefault();
      tryOut(form);
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const content = button.dataset.content ?? "{}";
    if (button.dataset.control) act(button, () => JSON.parse(content));
    if (button.dataset.download) download(button);
    if (button.dataset.print !== undefined) window.print();
    if (button.dataset.copy) copy(button);
    if (button.dataset.operation !== undefined) choose(button);
  });

  const download = async (button) => {
    // As it was sent: parsing it would lose digits of the amounts.
    const state = await send(`GET ${button.dataset.download}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([state], { type: "application/json" }));
    link.download = button.dataset.filename;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const copy = async (button) => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and copy";
    }
  };

  const choose = (button) => {
    const form = document.querySelector("[data-try]");
    form.elements.method.value = button.dataset.method;
    form.elements.path.value = button.dataset.path;
    form.elements.body.value = button.dataset.body;
    form.elements.path.focus();
    showFields(button.dataset.method.toLowerCase(), button.dataset.path);
  };

  // The fields of one element, from the OpenAPI document.
  const showFields = async (method, path) => {
    const box = document.querySelector("[data-fields]");
    const api = await (await fetch(box.dataset.fields)).json();
    const found = (schema) =>
      schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema;
    const content = api.paths[path][method].requestBody?.content["application/json"];
    const element = found(content?.schema?.anyOf[1]);
    const list = box.querySelector("dl");
    list.replaceChildren();
    for (const [name, schema] of Object.entries(element?.properties ?? {})) {
      const needed = element.required.includes(name) ? ", needed" : "";
      list.append(entry("dt", "col-5 text-break", name));
      list.append(entry("dd", "col-7 mb-1", kindOf(schema) + needed));
    }
    box.hidden = !list.childElementCount;
  };

  const kindOf = (schema) => {
    if (schema.$ref) return schema.$ref.split("/").pop().replace(/Input$/, "");
    if (schema.items) return `list of ${kindOf(schema.items)}`;
    if (schema.enum) return schema.enum.join(", ");
    return schema.format ?? schema.type;
  };

  const entry = (tag, classes, text) => {
    const element = document.createElement(tag);
    element.className = classes;
    element.textContent = text;
    return element;
  };

  const token = async (fields) => {
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: fields.client.value,
      client_secret: fields.secret.value,
    });
    const answer = await fetch("/connect/token", { method: "POST", body: form });
    if (!answer.ok) throw new Error(`No token: ${await answer.text()}`);
    return (await answer.json()).access_token;
  };

  const tryOut = async (form) => {
    const fields = form.elements;
    const status = document.querySelector("[data-answer-status]");
    const shown = document.querySelector("[data-answer]");
    shown.textContent = "";
    status.textContent = "Sending…";
    try {
      const headers = {
        Authorization: `Bearer ${await token(fields)}`,
        Accept: "application/json",
      };
      if (fields.idempotency.value) headers["Idempotency-Key"] = fields.idempotency.value;
      const method = fields.method.value;
      const hasBody = method === "PUT" || method === "POST";
      if (hasBody) headers["Content-Type"] = "application/json";
      const started = performance.now();
      const answer = await fetch(fields.path.value, {
        method,
        headers,
        body: hasBody ? fields.body.value : undefined,
      });
      const text = await answer.text();
      const took = Math.round(performance.now() - started);
      status.textContent = `${answer.status} ${answer.statusText}, ${took} ms`;
      shown.textContent = readable(text);
    } catch (problem) {
      status.textContent = problem.message;
    }
  };

  const readable = (text) => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };
})();
