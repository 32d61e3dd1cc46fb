/** The chat page: its composer, the answers, and the states in which it takes no messages. */
import { Editor } from "./editor.js";
import { Modes } from "./modes.js";
import { build, config, events, note, texts } from "./parts.js";
import { AnswerTurn, addUser, clear } from "./turns.js";

const bottom = document.getElementById("thread-bottom");
const query = new URLSearchParams(location.search);
const isTemporary = query.get("temporary-chat") === "true";
let chatId = readChatId();
let isBusy = false;
let isSending = false;
let files = [];
let uploading = 0;
const tiles = document.createElement("div");

const bar = document.createElement("div");
bar.className = "bar";
const modes = new Modes();
const editor = new Editor((text) => {
  if (config.drafts) localStorage.setItem(draftKey(), text);
  drawButton();
});

function readChatId() { return /\/c\/([^/?]+)$/.exec(location.pathname)?.[1] ?? ""; }
function readProject() { return /\/g\/([^/]+)\//.exec(location.pathname)?.[1] ?? ""; }
function draftKey() { return `draft/${chatId || "new"}`; }

/** One button in one place: stop while an answer is written, send where there is text, else voice. */
function drawButton() {
  const name = isBusy ? "stop" : editor.text.trim() || files.length ? "send" : "speech";
  const state = `${name} ${uploading}`;
  if (bar.dataset.button === state) return;
  bar.dataset.button = state;
  const button = build(name);
  button.disabled = name === "send" && uploading > 0;
  if (name === "send") button.addEventListener("click", submit);
  if (name === "stop") button.addEventListener("click", () => act("stop"));
  bar.replaceChildren(modes.element, button);
}

function setBusy(value) {
  isBusy = value;
  drawButton();
}

function buildComposer() {
  const form = build("form");
  form.classList.add("composer");
  form.addEventListener("submit", (event) => event.preventDefault());
  const upload = build("upload");
  upload.classList.add("hidden");
  upload.addEventListener("change", () => attach([...upload.files]));
  editor.onFiles = attach;
  editor.element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || !event.isTrusted) return;
    event.preventDefault();
    if (!isBusy && editor.text.trim()) submit();
  });
  const fallback = document.createElement("textarea");
  fallback.name = "prompt-textarea";
  fallback.className = "hidden";
  form.append(fallback, tiles, editor.element, upload, bar);
  bottom.append(form);
  if (config.drafts) editor.text = localStorage.getItem(draftKey()) ?? "";
  drawButton();
}

function attach(added) { added.forEach(upload); }

/** Upload a file; its tile shows that until it is there. */
async function upload(file) {
  const tile = build("file", { name: file.name });
  const progress = build("uploading", { name: file.name });
  tile.append(file.name, progress);
  tiles.append(tile);
  uploading += 1;
  drawButton();
  const response = await fetch(`/backend-api/files?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
  uploading -= 1;
  progress.remove();
  if (response.ok) files.push(file.name);
  else {
    tile.remove();
    bottom.prepend(note(texts.upload_failed));
  }
  drawButton();
}

async function submit() {
  if (isBusy || isSending || uploading) return;
  const message = editor.text.trim();
  const attachments = files;
  isSending = true;
  localStorage.removeItem(draftKey());
  editor.text = "";
  files = [];
  tiles.replaceChildren();
  setBusy(true);
  addUser(message, crypto.randomUUID());
  const turn = new AnswerTurn();
  if (!chatId && config.interim_url && !isTemporary) history.replaceState({}, "", `${prefix()}/c/WEB:${crypto.randomUUID()}`);
  const body = { message, chat_id: chatId, mode: modes.mode, effort: modes.effort, model: query.get("model") ?? "", project: readProject(), temporary: isTemporary, attachments };
  try {
    const response = await fetch("/backend-api/f/conversation", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    if (response.ok) await follow(response, turn);
    else await refuse(response, turn, message);
  } catch {
    turn.fail(act);
  } finally {
    isSending = false;
    setBusy(false);
  }
}

function prefix() { return readProject() ? `/g/${readProject()}` : ""; }

async function follow(response, turn) {
  for await (const event of events(response)) {
    if (event.type === "start") start(event, turn);
    else if (["thinking", "thought", "stopped_thinking"].includes(event.type)) turn.think(event.type);
    else if (event.type === "delta") turn.show(turn.text + event.text);
    else if (event.type === "complete") {
      setBusy(false);
      if (config.early_copy) turn.finish();
    } else if (event.type === "rest") {
      turn.show(event.text);
      turn.finish();
    } else if (event.type === "two_answers") turn.offerTwo(event.text, (action) => act(action, turn));
    else if (event.type === "continue_generating") turn.offerContinue((action) => act(action, turn));
    else if (event.type === "title" && !isTemporary) document.title = event.title;
  }
}

function start(event, turn) {
  chatId = event.chat_id;
  turn.start(event.message_id, event.model);
  if (!isTemporary) history.replaceState({}, "", `${prefix()}/c/${chatId}`);
}

async function refuse(response, turn, message) {
  const { detail } = await response.json();
  if (!chatId && !isTemporary) history.replaceState({}, "", prefix() ? `${prefix()}/project` : "/");
  if (response.status === 429) {
    turn.remove();
    editor.text = message;
    showLimit(detail.resets_at);
  } else turn.fail(act);
}

function showLimit(until) {
  document.getElementById("limit-slot")?.remove();
  const slot = document.createElement("div");
  slot.id = "limit-slot";
  const minutes = Math.max(Math.ceil((until * 1000 - Date.now()) / 60000), 1);
  const clock = new Date(until * 1000).toLocaleTimeString(config.language, { hour: "numeric", minute: "2-digit" });
  const when = texts[`limit_${config.limit_text}`].replace("{time}", clock).replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes % 60);
  slot.append(note(`${texts.limit} ${when}`, "limit"));
  bottom.prepend(slot);
}

async function act(action, turn) {
  const response = await fetch(`/backend-api/conversation/${chatId}/${action}`, { method: "POST" });
  if (response.status === 200) {
    setBusy(true);
    await follow(response, turn);
    setBusy(false);
  }
}

function buildSidebar() {
  const nav = document.querySelector("nav");
  const list = build("history");
  for (const chat of config.chats) {
    const link = document.createElement("a");
    link.href = `/c/${chat.chat_id}`;
    link.textContent = chat.title;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      history.pushState({}, "", link.href);
      open();
    });
    list.append(link);
  }
  nav.append(build("new_chat"), list);
  if (config.signed_in === "yes") {
    const profile = build("profile");
    profile.textContent = "Robin";
    nav.append(profile);
  }
}

function showSignIn() {
  const login = build("login");
  login.addEventListener("click", () => { location.href = "/auth/login"; });
  if (config.signed_in === "landing") document.querySelector("header").append(login);
  if (config.signed_in === "expired") {
    const dialog = build("expired");
    dialog.append(note(texts.expired), texts.login_again, login);
    document.body.append(dialog);
  }
}

/** Show the chat of the address, and go on with an answer that is being written there. */
async function open() {
  chatId = readChatId();
  clear();
  document.title = "ChatGPT";
  if (!chatId) return;
  const opened = chatId;
  const response = await fetch(`/backend-api/page/${encodeURIComponent(chatId)}`);
  if (opened !== chatId) return;
  if (!response.ok) {
    chatId = "";
    history.replaceState({}, "", "/");
    document.querySelector("main").prepend(note(texts.not_found));
    return;
  }
  const chat = await response.json();
  document.title = chat.title || "ChatGPT";
  const running = await fetch(`/backend-api/conversation/${chatId}/resume`);
  const messages = running.status === 200 ? chat.messages.slice(0, -1) : chat.messages;
  for (const message of messages) {
    if (message.role === "user") addUser(message.text, message.message_id);
    else {
      const turn = new AnswerTurn();
      turn.start(message.message_id, message.model);
      turn.show(message.text);
      turn.finish();
    }
  }
  if (running.status !== 200) return;
  setBusy(true);
  await follow(running, new AnswerTurn());
  setBusy(false);
}

buildSidebar();
showSignIn();
buildComposer();
if (config.limit_until * 1000 > Date.now()) showLimit(config.limit_until);
window.addEventListener("popstate", open);
open();
